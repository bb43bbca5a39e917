import { dateAt, toDate, toNumber, toText, type FormulaValue } from '../values';
import { midnightOf, weekOf } from './calendar';
import { addUnits, startOf, unitOf, unitsBetween } from './date-units';
import { eager, type FormulaFunction } from './formula-function';
import { addWorkdays, workdaysBetween } from './workdays';

const part = (name: string, read: (d: Date) => number) =>
  eager(name, 1, 1, ([value = null]) => read(new Date(toDate(value).at)));

/** The first day of the week: Sunday (0), or Monday (1) when that is asked for. */
const firstDay = (start: FormulaValue | undefined) => (/^monday$/i.test(toText(start ?? null)) ? 1 : 0);

function isSame(a: FormulaValue, b: FormulaValue, unit: FormulaValue | undefined): boolean {
  const size = unit === undefined ? 'millisecond' : unitOf(unit);
  return startOf(toDate(a), size) === startOf(toDate(b), size);
}

/** Everything counts in UTC, like Airtable's formulas without SET_TIMEZONE. An empty date is an error, as at Airtable. */
export const DATES: readonly FormulaFunction[] = [
  eager('TODAY', 0, 0, (_, row) => dateAt(midnightOf(row.now), true)),
  eager('NOW', 0, 0, (_, row) => dateAt(row.now)),
  part('YEAR', (d) => d.getUTCFullYear()),
  part('MONTH', (d) => d.getUTCMonth() + 1),
  part('DAY', (d) => d.getUTCDate()),
  part('HOUR', (d) => d.getUTCHours()),
  part('MINUTE', (d) => d.getUTCMinutes()),
  part('SECOND', (d) => d.getUTCSeconds()),
  eager('WEEKDAY', 1, 2, ([date = null, start]) => {
    return (new Date(toDate(date).at).getUTCDay() - firstDay(start) + 7) % 7;
  }),
  // Week 1 is the one with January 1, whichever day weeks begin with (?).
  eager('WEEKNUM', 1, 2, ([date = null, start]) => weekOf(toDate(date).at, firstDay(start), 1).week),
  eager('DATEADD', 3, 3, ([date = null, count = null, unit = null]) =>
    addUnits(toDate(date), toNumber(count), unitOf(unit)),
  ),
  eager('DATETIME_DIFF', 2, 3, ([a = null, b = null, unit = 'seconds']) =>
    unitsBetween(toDate(a), toDate(b), unitOf(unit)),
  ),
  eager('WORKDAY', 2, 3, ([date = null, count = null, holidays]) =>
    addWorkdays(toDate(date), toNumber(count), holidays),
  ),
  eager('WORKDAY_DIFF', 2, 3, ([from = null, to = null, holidays]) =>
    workdaysBetween(toDate(from), toDate(to), holidays),
  ),
  eager('IS_BEFORE', 2, 2, ([a = null, b = null]) => toDate(a).at < toDate(b).at),
  eager('IS_AFTER', 2, 2, ([a = null, b = null]) => toDate(a).at > toDate(b).at),
  eager('IS_SAME', 2, 3, ([a = null, b = null, unit]) => isSame(a, b, unit)),
];
