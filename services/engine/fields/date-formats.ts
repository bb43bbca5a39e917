import { z } from 'zod';
import { isTimeZone } from '../../cells/time-zones';

/** Source: Airtable Web API, field model, dateFormat. */
export const DATE_FORMATS = {
  local: 'l',
  friendly: 'LL',
  us: 'M/D/YYYY',
  european: 'D/M/YYYY',
  iso: 'YYYY-MM-DD',
} as const;
/** Source: Airtable Web API, field model, timeFormat. */
export const TIME_FORMATS = { '12hour': 'h:mma', '24hour': 'HH:mm' } as const;

export type DateFormatName = keyof typeof DATE_FORMATS;

/** `{name, format?}` completed with the format; another format than the name's own is refused. */
function formatOf<N extends string>(formats: Readonly<Record<N, string>>, names: readonly [N, ...N[]]) {
  return z
    .strictObject({ name: z.enum(names), format: z.string().optional() })
    .refine(
      ({ name, format }) => format === undefined || format === formats[name],
      'the format is not that of the name',
    )
    .transform(({ name }) => ({ name, format: formats[name] }));
}

const DateFormat = formatOf(DATE_FORMATS, ['local', 'friendly', 'us', 'european', 'iso']);
const TimeFormat = formatOf(TIME_FORMATS, ['12hour', '24hour']);
const TimeZone = z
  .string()
  .refine((zone) => zone === 'utc' || zone === 'client' || isTimeZone(zone), 'that is no time zone');

/** Options of a date, in the read form. */
export const DateOptions = z.strictObject({ dateFormat: DateFormat });
/** Options of a dateTime, in the read form. `client` is the zone of whoever looks; the API takes it as UTC. */
export const DateTimeOptions = z.strictObject({
  dateFormat: DateFormat,
  timeFormat: TimeFormat,
  timeZone: TimeZone,
});

/** How a computed time is shown. */
export const TimeResult = z.discriminatedUnion('type', [
  z.strictObject({ type: z.literal('date'), options: DateOptions }),
  z.strictObject({ type: z.literal('dateTime'), options: DateTimeOptions }),
]);
export type TimeResult = z.infer<typeof TimeResult>;

/** How a computed time is shown where nothing else is asked for. */
export const DEFAULT_RESULT: TimeResult = {
  type: 'dateTime',
  options: {
    dateFormat: { name: 'local', format: DATE_FORMATS.local },
    timeFormat: { name: '12hour', format: TIME_FORMATS['12hour'] },
    timeZone: 'utc',
  },
};

/** The name in an option like `{dateFormat: {name}}`. */
export function formatName(
  options: Readonly<Record<string, unknown>> | null | undefined,
  key: 'dateFormat' | 'timeFormat',
): string | undefined {
  const format = options?.[key];
  if (typeof format !== 'object' || format === null || !('name' in format)) return undefined;
  return typeof format.name === 'string' ? format.name : undefined;
}
