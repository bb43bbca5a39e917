const whole = new Intl.NumberFormat('en');
const moment = new Intl.DateTimeFormat('en', { dateStyle: 'medium', timeStyle: 'short' });

/** 3201 → "3,201". */
export function count(number) {
  return whole.format(number);
}

/** So many seconds for people, in the largest unit that says enough: `40 s`, `12 min`, `3 h`. */
export function duration(seconds) {
  if (seconds < 100) return `${seconds} s`;
  return seconds < 100 * 60 ? `${Math.round(seconds / 60)} min` : `${Math.round(seconds / 3_600)} h`;
}

/** "1 record", "3,201 records"; `plural` where an s is not enough. */
export function counted(number, one, plural = `${one}s`) {
  return `${count(number)} ${number === 1 ? one : plural}`;
}

/** An ISO instant in the reader's own time zone. */
export function when(iso) {
  return moment.format(new Date(iso));
}
