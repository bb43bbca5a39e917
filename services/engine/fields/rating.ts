import { z } from 'zod';
import { invalidValue } from '../engine-error';
import { COLORS } from './bright-colors';
import type { EngineFieldType } from './field-type';
import { numberReading, parseNumber } from './numbers';
import { readOptions } from './options';

/** Source: Airtable Web API, field model, rating. */
const Options = z.strictObject({
  icon: z.enum(['star', 'heart', 'thumbsUp', 'flag', 'dot']),
  color: z.enum(COLORS),
  max: z.number().int().min(1).max(10),
});

/** A whole number from 1 to the field's max; 0 is none. */
export const rating: EngineFieldType = {
  ...numberReading,
  type: 'rating',
  primary: false,
  mergeable: false,
  options: (given, field) => readOptions(Options, given, field.name),
  parse(value, field, context) {
    const number = parseNumber(value, field, context);
    const max = field.options?.['max'];
    const highest = typeof max === 'number' ? max : 10;
    if (number === null || (Number.isInteger(number) && number >= 1 && number <= highest)) return number;
    if (typeof value === 'string') return null;
    throw invalidValue(field.name, `it takes a whole number from 1 to ${highest}`);
  },
  text: (stored) => (typeof stored === 'number' ? String(stored) : ''),
};
