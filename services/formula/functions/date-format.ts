import type { FormulaContext } from '../context';
import { bounded, type FormulaDate } from '../values';
import { dayAt, midnightOf, weekOf } from './calendar';
import { dayName, monthName } from './date-names';
import { offsetOf } from './time-zone';

/** Moment's tokens, which Airtable's format specifiers are; what stands in square brackets is none. */
export const TOKEN =
  /\[([^\]]*)\]|YYYY|YY|Qo|Q|MMMM|MMM|MM|Mo|M|DDDD|DDDo|DDD|DD|Do|D|dddd|ddd|dd|do|d|E|e|wo|ww|w|Wo|WW|W|gggg|gg|GGGG|GG|HH|H|hh|h|kk|k|mm|m|S{1,9}|ss|s|A|a|ZZ|Z|zz|z|X|x|LTS|LT|LLLL|LLL|LL|L|llll|lll|ll|l/g;

const LONG: Readonly<Record<string, string>> = {
  LTS: 'h:mm:ss A',
  LT: 'h:mm A',
  LLLL: 'dddd, MMMM D, YYYY h:mm A',
  LLL: 'MMMM D, YYYY h:mm A',
  LL: 'MMMM D, YYYY',
  L: 'MM/DD/YYYY',
  llll: 'ddd, MMM D, YYYY h:mm A',
  lll: 'MMM D, YYYY h:mm A',
  ll: 'MMM D, YYYY',
  l: 'M/D/YYYY',
};

/** A format with its tokens for whole dates (L, LL, …) written out. */
export function withoutLongTokens(format: string): string {
  return format.replace(TOKEN, (token) => LONG[token] ?? token);
}

const pad = (n: number, width = 2) => `${n < 0 ? '-' : ''}${String(Math.abs(n)).padStart(width, '0')}`;

function ordinal(n: number): string {
  const teen = n % 100 >= 11 && n % 100 <= 13;
  return `${n}${teen ? 'th' : (['th', 'st', 'nd', 'rd'][n % 10] ?? 'th')}`;
}

function writeOffset(offset: number, colon: string): string {
  const minutes = Math.round(Math.abs(offset) / 60_000);
  return `${offset < 0 ? '-' : '+'}${pad(Math.floor(minutes / 60))}${colon}${pad(minutes % 60)}`;
}

/** A moment as clocks and calendars of its zone show it. */
interface Shown {
  readonly date: FormulaDate;
  /** ms that the zone is ahead of UTC. */
  readonly offset: number;
  /** Its UTC parts are those of the zone. */
  readonly local: Date;
  readonly hour: number;
  readonly context: FormulaContext;
}

const dayOfYear = ({ local }: Shown) =>
  Math.round((midnightOf(local.getTime()) - dayAt(local.getUTCFullYear(), 0)) / 86_400_000) + 1;
const week = ({ local }: Shown) => weekOf(local.getTime(), 0, 1);
const isoWeek = ({ local }: Shown) => weekOf(local.getTime(), 1, 4);
const quarter = ({ local }: Shown) => Math.floor(local.getUTCMonth() / 3) + 1;
const month = ({ local, date, context }: Shown, style: 'long' | 'short') =>
  monthName(local.getUTCMonth(), style, date.locale, context);
const weekday = ({ local, date, context }: Shown, style: 'long' | 'short') =>
  dayName(local.getUTCDay(), style, date.locale, context);

const PARTS: Readonly<Record<string, (shown: Shown) => string | number>> = {
  YYYY: ({ local }) => pad(local.getUTCFullYear(), 4),
  YY: ({ local }) => pad(local.getUTCFullYear() % 100),
  Q: quarter,
  Qo: (shown) => ordinal(quarter(shown)),
  MMMM: (shown) => month(shown, 'long'),
  MMM: (shown) => month(shown, 'short'),
  MM: ({ local }) => pad(local.getUTCMonth() + 1),
  Mo: ({ local }) => ordinal(local.getUTCMonth() + 1),
  M: ({ local }) => local.getUTCMonth() + 1,
  DDDD: (shown) => pad(dayOfYear(shown), 3),
  DDDo: (shown) => ordinal(dayOfYear(shown)),
  DDD: dayOfYear,
  DD: ({ local }) => pad(local.getUTCDate()),
  Do: ({ local }) => ordinal(local.getUTCDate()),
  D: ({ local }) => local.getUTCDate(),
  dddd: (shown) => weekday(shown, 'long'),
  ddd: (shown) => weekday(shown, 'short'),
  dd: (shown) => weekday(shown, 'short').slice(0, 2),
  do: ({ local }) => ordinal(local.getUTCDay()),
  d: ({ local }) => local.getUTCDay(),
  e: ({ local }) => local.getUTCDay(),
  E: ({ local }) => local.getUTCDay() || 7,
  w: (shown) => week(shown).week,
  wo: (shown) => ordinal(week(shown).week),
  ww: (shown) => pad(week(shown).week),
  W: (shown) => isoWeek(shown).week,
  Wo: (shown) => ordinal(isoWeek(shown).week),
  WW: (shown) => pad(isoWeek(shown).week),
  gggg: (shown) => pad(week(shown).year, 4),
  gg: (shown) => pad(week(shown).year % 100),
  GGGG: (shown) => pad(isoWeek(shown).year, 4),
  GG: (shown) => pad(isoWeek(shown).year % 100),
  HH: ({ hour }) => pad(hour),
  H: ({ hour }) => hour,
  hh: ({ hour }) => pad(hour % 12 || 12),
  h: ({ hour }) => hour % 12 || 12,
  kk: ({ hour }) => pad(hour || 24),
  k: ({ hour }) => hour || 24,
  mm: ({ local }) => pad(local.getUTCMinutes()),
  m: ({ local }) => local.getUTCMinutes(),
  ss: ({ local }) => pad(local.getUTCSeconds()),
  s: ({ local }) => local.getUTCSeconds(),
  A: ({ hour }) => (hour < 12 ? 'AM' : 'PM'),
  a: ({ hour }) => (hour < 12 ? 'am' : 'pm'),
  ZZ: ({ offset }) => writeOffset(offset, ''),
  Z: ({ offset }) => writeOffset(offset, ':'),
  z: ({ date }) => date.zone ?? 'UTC',
  zz: ({ date }) => date.zone ?? 'UTC',
  X: ({ date }) => Math.floor(date.at / 1000),
  x: ({ date }) => date.at,
};

/** A date by a format of Moment's tokens, in its zone and language. Source: Airtable, supported format specifiers. */
export function formatDate(date: FormulaDate, format: string, context: FormulaContext): string {
  const offset = offsetOf(date.at, date.zone, context);
  const local = new Date(date.at + offset);
  const shown = { date, offset, local, hour: local.getUTCHours(), context };
  const text = withoutLongTokens(bounded(format)).replace(TOKEN, (token, words: string | undefined) => {
    if (words !== undefined) return words;
    if (token.startsWith('S')) {
      return pad(local.getUTCMilliseconds(), 3).padEnd(token.length, '0').slice(0, token.length);
    }
    return String(PARTS[token]?.(shown) ?? token);
  });
  return bounded(text);
}
