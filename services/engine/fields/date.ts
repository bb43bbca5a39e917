import { readDay, readInstant } from '../../cells/dates';
import { invalidValue } from '../engine-error';
import { castDay } from './date-casting';
import { DateOptions, formatName } from './date-formats';
import { showDay } from './date-text';
import type { EngineFieldType } from './field-type';
import { readOptions } from './options';
import { textSort } from './texts';

/** "2022-09-05", or the day that an ISO time begins with; undefined for what is neither, or before the year 1. */
function writtenDay(text: string): string | undefined {
  if (text.length > 10 && readInstant(text) === undefined) return undefined;
  const day = readDay(text);
  return day?.startsWith('0000') ? undefined : day;
}

/** A day without time, as yyyy-mm-dd. */
export const date: EngineFieldType = {
  type: 'date',
  primary: true,
  mergeable: true,
  computed: false,
  options: (given, field) => readOptions(DateOptions, given, field.name),
  parse(value, field, context) {
    const day = typeof value === 'string' ? writtenDay(value) : undefined;
    if (day !== undefined) return day;
    if (context.typecast && typeof value === 'string') {
      const cast = castDay(value, formatName(field.options, 'dateFormat'));
      return cast === undefined ? null : (writtenDay(cast) ?? null);
    }
    throw invalidValue(field.name, 'it takes a date like "2022-09-05"');
  },
  read: (stored) => stored,
  formula(stored) {
    const at = typeof stored === 'string' ? readInstant(stored) : undefined;
    return at === undefined ? null : { at, dayOnly: true };
  },
  text(stored, field, _context, form) {
    const at = typeof stored === 'string' ? readInstant(stored) : undefined;
    return at === undefined ? '' : showDay(at, field.options, form.userLocale);
  },
  sort: (field, row) => textSort(field.id, row),
};
