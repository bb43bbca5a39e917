import { FormulaFault } from '../formula-error';
import { dateAt, flatten, toDate, toText, type FormulaDate, type FormulaValue } from '../values';
import { midnightOf, weekStartOf } from './calendar';

const DAY_MS = 86_400_000;
/** Furthest that WORKDAY counts, which it does day by day. */
const MAX_DAYS = 100_000;

const isWeekend = (midnight: number) => [0, 6].includes(new Date(midnight).getUTCDay());

/** Midnights of the holidays of a text like "2020-10-16, 2020-10-19", or of a list. Throws FormulaFault. */
function holidaysOf(value: FormulaValue | undefined): Set<number> {
  const texts = flatten([value ?? null]).flatMap((item) => toText(item).split(','));
  const days = texts.map((text) => text.trim()).filter((text) => text !== '');
  return new Set(days.map((day) => midnightOf(toDate(day).at)));
}

/** The date so many working days after (or before) a date; the date itself does not count. Throws FormulaFault. */
export function addWorkdays(
  date: FormulaDate,
  count: number,
  holidays: FormulaValue | undefined,
): FormulaDate {
  const days = Math.trunc(count) || 0;
  if (Math.abs(days) > MAX_DAYS) throw new FormulaFault('the date is too far away');
  const free = holidaysOf(holidays);
  const step = days < 0 ? -DAY_MS : DAY_MS;
  let { at } = date;
  for (let left = Math.abs(days); left > 0;) {
    at += step;
    const midnight = midnightOf(at);
    if (!isWeekend(midnight) && !free.has(midnight)) left--;
  }
  return { ...date, ...dateAt(at, date.dayOnly) };
}

/** Monday to Friday from the beginning of time to a midnight, that day included. */
function weekdaysUntil(midnight: number): number {
  const monday = weekStartOf(midnight, 1);
  return (monday / (7 * DAY_MS)) * 5 + Math.min(5, (midnight - monday) / DAY_MS + 1);
}

/** Working days from one date to another, both included; negative when the second is earlier. Throws FormulaFault. */
export function workdaysBetween(a: FormulaDate, b: FormulaDate, holidays: FormulaValue | undefined): number {
  const [from = 0, to = 0] = [midnightOf(a.at), midnightOf(b.at)].sort((x, y) => x - y);
  const free = [...holidaysOf(holidays)].filter((day) => day >= from && day <= to && !isWeekend(day));
  const days = Math.round(weekdaysUntil(to) - weekdaysUntil(from - DAY_MS)) - free.length;
  return (b.at < a.at ? -days : days) + 0;
}
