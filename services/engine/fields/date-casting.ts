import { isCalendarDay, readDay, readInstant } from '../../cells/dates';

/** Longer text is no date that anybody means. */
const MAX_DATE_TEXT = 100;
const MONTHS = ['jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec'];
const TIME = /^(\d{1,2}):(\d{2})(?::(\d{2}))?\s*([ap]m)?$/i;
const NUMBERS = /^(\d{1,2})([/.-])(\d{1,2})\2(\d{4}|\d{2})(?:$|[\s,]+)/;
const YEAR_FIRST = /^(\d{4})[/.](\d{1,2})[/.](\d{1,2})(?:$|[\s,]+)/;
const MONTH_FIRST = /^([a-z]{3,9})\.?\s+(\d{1,2})(?:st|nd|rd|th)?,?\s+(\d{4})(?:$|[\s,]+)/i;
const DAY_FIRST = /^(\d{1,2})(?:st|nd|rd|th|\.)?\s+([a-z]{3,9})\.?,?\s+(\d{4})(?:$|[\s,]+)/i;

/** A day and perhaps a time of day, without a zone. */
interface Written {
  /** yyyy-mm-dd */
  readonly day: string;
  /** hh:mm:ss */
  readonly time?: string;
}

function isoDay(year: string, month: string | number, day: string): string {
  // Two digits are of this century up to 68, as Moment reads them.
  const whole = year.length === 4 ? year : `${Number(year) >= 69 ? '19' : '20'}${year}`;
  return `${whole}-${String(month).padStart(2, '0')}-${day.padStart(2, '0')}`;
}

const monthOf = (name: string) => MONTHS.indexOf(name.slice(0, 3).toLowerCase()) + 1;

/** The day at the start of a text, and how long it is written. */
function findDay(text: string, dayFirst: boolean): { day: string; length: number } | undefined {
  const numbers = NUMBERS.exec(text);
  if (numbers) {
    const [{ length }, first = '', separator, second = '', year = ''] = numbers;
    const [day, month] = dayFirst || separator === '.' ? [first, second] : [second, first];
    return { day: isoDay(year, month, day), length };
  }
  const yearFirst = YEAR_FIRST.exec(text);
  if (yearFirst) {
    const [{ length }, year = '', month = '', day = ''] = yearFirst;
    return { day: isoDay(year, month, day), length };
  }
  const monthFirst = MONTH_FIRST.exec(text);
  if (monthFirst) {
    const [{ length }, month = '', day = '', year = ''] = monthFirst;
    return { day: isoDay(year, monthOf(month), day), length };
  }
  const named = DAY_FIRST.exec(text);
  if (!named) return undefined;
  const [{ length }, day = '', month = '', year = ''] = named;
  return { day: isoDay(year, monthOf(month), day), length };
}

function readTime(text: string): string | undefined {
  const found = TIME.exec(text);
  if (!found) return undefined;
  const [, hours = '', minute = '', second = '00', half] = found;
  if (half !== undefined && (Number(hours) < 1 || Number(hours) > 12)) return undefined;
  const hour = half === undefined ? Number(hours) : (Number(hours) % 12) + (/^p/i.test(half) ? 12 : 0);
  if (hour > 23 || Number(minute) > 59 || Number(second) > 59) return undefined;
  return `${String(hour).padStart(2, '0')}:${minute}:${second}`;
}

function readWritten(text: string, format: string | undefined): Written | undefined {
  if (text.length > MAX_DATE_TEXT) return undefined;
  const trimmed = text.trim();
  const found = findDay(trimmed, format === 'european');
  if (!found || !isCalendarDay(found.day)) return undefined;
  const rest = trimmed.slice(found.length).replace(/^at\s+/i, '');
  if (rest === '') return { day: found.day };
  const time = readTime(rest);
  return time === undefined ? undefined : { day: found.day, time };
}

/** The day that text as people write it means ("9/5/2022", "5 Sep 2022"); the day first only in the format `european`. */
export function castDay(text: string, format: string | undefined): string | undefined {
  return readDay(text.trim()) ?? readWritten(text, format)?.day;
}

/** The moment (ms since 1970) that such text means in a time zone, with or without a time ("9/5/2022 4:05pm"). */
export function castInstant(text: string, format: string | undefined, zone: string): number | undefined {
  const iso = readInstant(text.trim(), zone);
  if (iso !== undefined) return iso;
  const written = readWritten(text, format);
  return written && readInstant(`${written.day}T${written.time ?? '00:00:00'}`, zone);
}
