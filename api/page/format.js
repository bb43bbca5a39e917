const whole = new Intl.NumberFormat('en');
const exact = new Intl.DateTimeFormat('en', { dateStyle: 'medium', timeStyle: 'long' });
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

/** An ISO instant to the second, with the name of the reader's time zone: for what somebody waits for. */
export function exactly(iso) {
  return exact.format(new Date(iso));
}

/** A text with each ISO instant in it in the reader's own time zone. */
export function withLocalTimes(text) {
  return text.replace(/\b\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(?:\.\d+)?Z/g, (iso) => exactly(iso));
}
