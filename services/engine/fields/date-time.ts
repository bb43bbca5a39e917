import { readInstant, writeInstant } from '../../cells/dates';
import { invalidValue } from '../engine-error';
import { optionText } from '../schema';
import { castInstant } from './date-casting';
import { DateTimeOptions, formatName } from './date-formats';
import { showMoment } from './date-text';
import type { EngineFieldType } from './field-type';
import { readOptions } from './options';
import { textSort } from './texts';

/** The first moment of the year 1 and the last of 9999: outside, ISO text has signs and more digits. */
const EARLIEST = Date.parse('0001-01-01T00:00:00.000Z');
const LATEST = Date.parse('9999-12-31T23:59:59.999Z');

function stored(at: number | undefined): string | undefined {
  return at === undefined || at < EARLIEST || at > LATEST ? undefined : writeInstant(at);
}

/** A moment, as ISO text in UTC with milliseconds. Text without an offset is read in the field's time zone. */
export const dateTime: EngineFieldType = {
  type: 'dateTime',
  primary: true,
  mergeable: true,
  computed: false,
  options: (given, field) => readOptions(DateTimeOptions, given, field.name),
  parse(value, field, context) {
    const zone = optionText(field, 'timeZone') ?? 'utc';
    const at = typeof value === 'string' ? stored(readInstant(value, zone)) : undefined;
    if (at !== undefined) return at;
    if (context.typecast && typeof value === 'string')
      return stored(castInstant(value, formatName(field.options, 'dateFormat'), zone)) ?? null;
    throw invalidValue(field.name, 'it takes a date and time like "2022-09-05T07:00:00.000Z"');
  },
  read: (value) => value,
  formula(value) {
    const at = typeof value === 'string' ? readInstant(value) : undefined;
    return at === undefined ? null : { at, dayOnly: false };
  },
  text(value, field, _context, form) {
    const at = typeof value === 'string' ? readInstant(value) : undefined;
    return at === undefined ? '' : showMoment(at, 'dateTime', field.options, form);
  },
  sort: (field, row) => textSort(field.id, row),
};
