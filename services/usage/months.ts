/** The calendar month of a time in UTC, as `2026-07`. */
export const monthOf = (at: Date): string => at.toISOString().slice(0, 7);

/** The month so many months before that of `at`. */
export function monthsBefore(at: Date, months: number): string {
  return monthOf(new Date(Date.UTC(at.getUTCFullYear(), at.getUTCMonth() - months, 1)));
}
