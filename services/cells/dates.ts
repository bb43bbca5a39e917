import { zoneOffset } from './time-zones';

const DATE = /^(\d{4})-(\d{2})-(\d{2})$/;
const LOCAL_TIME = /^(\d{4})-(\d{2})-(\d{2})[T ](\d{2}):(\d{2})(?::(\d{2})(?:\.(\d{1,3})\d*)?)?$/;
const INSTANT = /^\d{4}-\d{2}-\d{2}[T ]\d{2}:\d{2}(?::\d{2}(?:\.\d+)?)?(?:Z|[+-]\d{2}:?\d{2})$/;

/** True for a day that the calendar has, written yyyy-mm-dd. */
export function isCalendarDay(text: string): boolean {
  const parts = DATE.exec(text);
  if (!parts) return false;
  const at = new Date(`${text}T00:00:00.000Z`);
  return !Number.isNaN(at.getTime()) && at.toISOString().startsWith(text);
}

/** The day of a date cell: yyyy-mm-dd, or the day a longer ISO text starts with. Undefined when there is none. */
export function readDay(text: string): string | undefined {
  const day = text.slice(0, 10);
  if (!isCalendarDay(day)) return undefined;
  return text.length === 10 || /^[T ]\d{2}:\d{2}/.test(text.slice(10)) ? day : undefined;
}

function localInstant(text: string, zone: string): number | undefined {
  const parts = LOCAL_TIME.exec(text);
  if (!parts || !isCalendarDay(text.slice(0, 10))) return undefined;
  const wall = Date.parse(`${text.replace(' ', 'T')}Z`);
  if (Number.isNaN(wall)) return undefined;
  const guess = wall - zoneOffset(wall, zone);
  return wall - zoneOffset(guess, zone);
}

/**
 * The instant (ms since 1970) that ISO text means. Text without an offset is read in `zone`, as Airtable reads a
 * written dateTime; `client` and unknown zones count as UTC. Undefined when the text is no date.
 */
export function readInstant(text: string, zone = 'utc'): number | undefined {
  if (INSTANT.test(text)) {
    const at = Date.parse(text.replace(' ', 'T'));
    return Number.isNaN(at) || !isCalendarDay(text.slice(0, 10)) ? undefined : at;
  }
  const full = isCalendarDay(text) ? `${text}T00:00` : text;
  return localInstant(full, zone);
}

/** Airtable's own form of an instant: 2022-09-05T07:00:00.000Z. */
export function writeInstant(at: number): string {
  return new Date(at).toISOString();
}
