import { FormulaFault } from '../formula-error';
import { dateAt, toText, type FormulaDate, type FormulaValue } from '../values';
import { dayAt, midnightOf, weekStartOf } from './calendar';

const FIXED: Readonly<Record<string, number>> = {
  millisecond: 1,
  second: 1_000,
  minute: 60_000,
  hour: 3_600_000,
  day: 86_400_000,
  week: 604_800_000,
};
const MONTHS: Readonly<Record<string, number>> = { month: 1, quarter: 3, year: 12 };
/** Source: Airtable formula reference, unit specifiers; capital M is months. */
const SHORT: Readonly<Record<string, string>> = {
  ms: 'millisecond',
  s: 'second',
  m: 'minute',
  h: 'hour',
  d: 'day',
  w: 'week',
  M: 'month',
  Q: 'quarter',
  y: 'year',
};

/** A unit's singular name. Throws FormulaFault for one that is none. */
export function unitOf(value: FormulaValue): string {
  const text = toText(value).trim();
  const short = Object.hasOwn(SHORT, text) ? SHORT[text] : undefined;
  if (short !== undefined) return short;
  const name = text.toLowerCase().replace(/s$/, '');
  if (Object.hasOwn(FIXED, name) || Object.hasOwn(MONTHS, name)) return name;
  throw new FormulaFault('there is no such unit of time');
}

function addMonths(at: number, months: number): number {
  const date = new Date(at);
  const day = date.getUTCDate();
  date.setUTCDate(1);
  date.setUTCMonth(date.getUTCMonth() + months);
  const last = new Date(dayAt(date.getUTCFullYear(), date.getUTCMonth() + 1, 0)).getUTCDate();
  date.setUTCDate(Math.min(day, last));
  return date.getTime();
}

/** A date moved by whole units; the 31st becomes the last day of a shorter month. Throws FormulaFault. */
export function addUnits(date: FormulaDate, count: number, unit: string): FormulaDate {
  const months = MONTHS[unit];
  const at =
    months === undefined
      ? date.at + Math.trunc(count) * (FIXED[unit] ?? 0)
      : addMonths(date.at, Math.trunc(count) * months);
  const dayOnly = date.dayOnly && ['day', 'week', 'month', 'quarter', 'year'].includes(unit);
  return { ...date, ...dateAt(at, dayOnly) };
}

/** Whole units from b to a, toward zero. */
export function unitsBetween(a: FormulaDate, b: FormulaDate, unit: string): number {
  const months = MONTHS[unit];
  if (months === undefined) return Math.trunc((a.at - b.at) / (FIXED[unit] ?? 1)) + 0;
  const from = new Date(b.at);
  const to = new Date(a.at);
  let whole = (to.getUTCFullYear() - from.getUTCFullYear()) * 12 + to.getUTCMonth() - from.getUTCMonth();
  if (whole > 0 && addMonths(b.at, whole) > a.at) whole--;
  if (whole < 0 && addMonths(b.at, whole) < a.at) whole++;
  return Math.trunc(whole / months) + 0;
}

/** The start of the unit that a date lies in. Weeks begin on Sunday. */
export function startOf(date: FormulaDate, unit: string): number {
  const d = new Date(date.at);
  const year = d.getUTCFullYear();
  const month = d.getUTCMonth();
  if (unit === 'year') return dayAt(year, 0);
  if (unit === 'quarter') return dayAt(year, month - (month % 3));
  if (unit === 'month') return dayAt(year, month);
  if (unit === 'week') return weekStartOf(date.at, 0);
  if (unit === 'day') return midnightOf(date.at);
  const size = FIXED[unit] ?? 1;
  return Math.floor(date.at / size) * size;
}
