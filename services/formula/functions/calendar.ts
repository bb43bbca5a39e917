const DAY_MS = 86_400_000;

/** Midnight of a day in UTC, ms since 1970; months from 0. Date.UTC would take the years 0–99 for 1900–1999. */
export function dayAt(year: number, month: number, day = 1): number {
  return new Date(0).setUTCFullYear(year, month, day);
}

/** The first midnight at or before a moment. */
export function midnightOf(at: number): number {
  return Math.floor(at / DAY_MS) * DAY_MS;
}

/** The midnight at which the week of a moment begins; `first` is its first day, Sunday being 0. */
export function weekStartOf(at: number, first: number): number {
  const midnight = midnightOf(at);
  return midnight - ((new Date(midnight).getUTCDay() - first + 7) % 7) * DAY_MS;
}

/**
 * The number of a week and the year it counts to. Week 1 is the one with January `anchor`: 1 in America, 4 by ISO 8601.
 */
export function weekOf(at: number, first: number, anchor: number): { year: number; week: number } {
  const start = weekStartOf(at, first);
  const firstOf = (year: number) => weekStartOf(dayAt(year, 0, anchor), first);
  const own = new Date(at).getUTCFullYear();
  const year = start >= firstOf(own + 1) ? own + 1 : start >= firstOf(own) ? own : own - 1;
  return { year, week: Math.round((start - firstOf(year)) / (7 * DAY_MS)) + 1 };
}
