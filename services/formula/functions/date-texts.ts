import { isDate, toDate, toText, type FormulaValue } from '../values';
import { formatDate } from './date-format';
import { parseDate } from './date-parse';
import { eager, type FormulaFunction } from './formula-function';
import { checkZone } from './time-zone';

/** Longest name of a language: it is remembered while a formula runs. */
const MAX_LOCALE = 40;

/** Moment's words for a span of time, and below how many of a unit they hold. Source: Moment, humanize. */
function spanInWords(ms: number): string {
  const seconds = Math.round(Math.abs(ms) / 1000);
  const minutes = Math.round(seconds / 60);
  const hours = Math.round(minutes / 60);
  const days = Math.round(hours / 24);
  const months = Math.round(days / (146_097 / 4_800));
  if (seconds < 45) return 'a few seconds';
  if (minutes < 45) return minutes <= 1 ? 'a minute' : `${minutes} minutes`;
  if (hours < 22) return hours <= 1 ? 'an hour' : `${hours} hours`;
  if (days < 26) return days <= 1 ? 'a day' : `${days} days`;
  if (months < 11) return months <= 1 ? 'a month' : `${months} months`;
  const years = Math.max(1, Math.round(months / 12));
  return years === 1 ? 'a year' : `${years} years`;
}

const span = (name: string) =>
  eager(name, 1, 1, ([date = null], row) => spanInWords(toDate(date).at - row.now));

function format(date: FormulaValue): string {
  const { zone } = toDate(date);
  return zone === undefined ? 'YYYY-MM-DDTHH:mm:ss[Z]' : 'YYYY-MM-DDTHH:mm:ssZ';
}

export const DATE_TEXTS: readonly FormulaFunction[] = [
  eager('DATETIME_FORMAT', 1, 2, ([date = null, pattern], _row, context) =>
    formatDate(toDate(date), toText(pattern ?? format(date)), context),
  ),
  eager('DATETIME_PARSE', 1, 3, ([text = null, pattern, locale], row, context) => {
    if (isDate(text)) return text;
    if (pattern === undefined) return toDate(text);
    const language = locale === undefined ? undefined : toText(locale).trim().slice(0, MAX_LOCALE);
    return parseDate(toText(text), toText(pattern), row.now, language, context);
  }),
  // Zone and language count where a date is written out by a format; what is computed with it stays in UTC.
  eager('SET_TIMEZONE', 2, 2, ([date = null, zone = null], _row, context) => {
    return { ...toDate(date), zone: checkZone(toText(zone).trim(), context) };
  }),
  eager('SET_LOCALE', 2, 2, ([date = null, locale = null]) => ({
    ...toDate(date),
    locale: toText(locale).trim().slice(0, MAX_LOCALE),
  })),
  eager('DATESTR', 1, 1, ([date = null], _row, context) => formatDate(toDate(date), 'YYYY-MM-DD', context)),
  eager('TIMESTR', 1, 1, ([date = null], _row, context) => formatDate(toDate(date), 'HH:mm:ss', context)),
  // How far from now, either way, in words: "25 days". Source: formula reference, TONOW and FROMNOW.
  span('TONOW'),
  span('FROMNOW'),
];
