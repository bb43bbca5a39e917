import { writtenDay, type DayStyle } from '../../cells/locale-days';
import { zoneOffset } from '../../cells/time-zones';
import { formatName } from './date-formats';
import type { TextForm } from './field-type';

type Options = Readonly<Record<string, unknown>> | null | undefined;

const two = (part: number) => String(part).padStart(2, '0');
const STYLES: Readonly<Record<string, DayStyle>> = { local: 'numeric', friendly: 'long' };

/** A day (ms of its midnight in UTC) in the field's format; `local` and `friendly` by the reader's language. */
export function showDay(at: number, options: Options, locale: string): string {
  const day = new Date(at);
  const [year, month, date] = [
    String(day.getUTCFullYear()).padStart(4, '0'),
    day.getUTCMonth() + 1,
    day.getUTCDate(),
  ];
  const name = formatName(options, 'dateFormat') ?? 'iso';
  const style = STYLES[name];
  if (style) return writtenDay(at, locale, style);
  if (name === 'us') return `${month}/${date}/${year}`;
  if (name === 'european') return `${date}/${month}/${year}`;
  return `${year}-${two(month)}-${two(date)}`;
}

function showTime(at: number, options: Options): string {
  const time = new Date(at);
  const [hour, minute] = [time.getUTCHours(), two(time.getUTCMinutes())];
  if (formatName(options, 'timeFormat') !== '12hour') return `${two(hour)}:${minute}`;
  return `${hour % 12 || 12}:${minute}${hour < 12 ? 'am' : 'pm'}`;
}

/**
 * A moment as text, in the time zone the request asks for. Source: Airtable Web API, list records, timeZone: "the time zone
 * that should be used to format dates when using string as the cellFormat"; that the field's own zone does not count is (?).
 */
export function showMoment(at: number, type: 'date' | 'dateTime', options: Options, form: TextForm): string {
  const wall = at + zoneOffset(at, form.timeZone);
  const day = showDay(wall, options, form.userLocale);
  return type === 'date' ? day : `${day} ${showTime(wall, options)}`;
}
