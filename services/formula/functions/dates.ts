import { dateAt, isDate, toDate, toNumber, toText, type FormulaValue } from '../values';
import { formatDate, parseDate } from './date-format';
import { addUnits, startOf, unitOf, unitsBetween } from './date-units';
import { eager, type FormulaFunction } from './formula-function';

const part = (name: string, read: (d: Date) => number) =>
  eager(name, 1, 1, ([value = null]) => read(new Date(toDate(value).at)));

/** Weekdays count from Sunday = 0; "Monday" as second argument makes Monday 0. */
function weekday(value: FormulaValue, start: FormulaValue | undefined): number {
  const day = new Date(toDate(value).at).getUTCDay();
  return start !== undefined && toText(start).toLowerCase() === 'monday' ? (day + 6) % 7 : day;
}

function isSame(a: FormulaValue, b: FormulaValue, unit: FormulaValue | undefined): boolean {
  const size = unit === undefined ? 'millisecond' : unitOf(unit);
  return startOf(toDate(a), size) === startOf(toDate(b), size);
}

/** Everything counts in UTC, like Airtable's formulas without SET_TIMEZONE. */
export const DATES: readonly FormulaFunction[] = [
  eager('TODAY', 0, 0, (_, row) => dateAt(Math.floor(row.now / 86_400_000) * 86_400_000, true)),
  eager('NOW', 0, 0, (_, row) => dateAt(row.now)),
  part('YEAR', (d) => d.getUTCFullYear()),
  part('MONTH', (d) => d.getUTCMonth() + 1),
  part('DAY', (d) => d.getUTCDate()),
  part('HOUR', (d) => d.getUTCHours()),
  part('MINUTE', (d) => d.getUTCMinutes()),
  part('SECOND', (d) => d.getUTCSeconds()),
  eager('WEEKDAY', 1, 2, ([date = null, start]) => weekday(date, start)),
  eager('DATEADD', 3, 3, ([date = null, count = null, unit = null]) =>
    addUnits(toDate(date), toNumber(count), unitOf(unit)),
  ),
  eager('DATETIME_DIFF', 2, 3, ([a = null, b = null, unit = 'seconds']) =>
    unitsBetween(toDate(a), toDate(b), unitOf(unit)),
  ),
  eager('DATETIME_FORMAT', 1, 2, ([date = null, format]) =>
    format === undefined ? new Date(toDate(date).at).toISOString() : formatDate(toDate(date), toText(format)),
  ),
  eager('DATETIME_PARSE', 1, 3, ([text = null, format]) => {
    if (isDate(text)) return text;
    return format === undefined ? toDate(text) : parseDate(toText(text), toText(format));
  }),
  eager('DATESTR', 1, 1, ([date = null]) => formatDate(toDate(date), 'YYYY-MM-DD')),
  eager('TIMESTR', 1, 1, ([date = null]) => formatDate(toDate(date), 'HH:mm:ss')),
  eager('IS_BEFORE', 2, 2, ([a = null, b = null]) => toDate(a).at < toDate(b).at),
  eager('IS_AFTER', 2, 2, ([a = null, b = null]) => toDate(a).at > toDate(b).at),
  eager('IS_SAME', 2, 3, ([a = null, b = null, unit]) => isSame(a, b, unit)),
];
