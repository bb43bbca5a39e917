import { z } from 'zod';
import type { EngineFieldType } from './field-type';
import { numberReading, parseNumber, showNumber } from './numbers';
import { readOptions } from './options';

/** Source: Airtable Web API, field model, number: 0 to 8 decimals. */
const Options = z.strictObject({ precision: z.number().int().min(0).max(8) });

/** Any double. The precision is how it is shown, not what is stored. */
export const number: EngineFieldType = {
  ...numberReading,
  type: 'number',
  primary: true,
  mergeable: true,
  options: (given, field) => readOptions(Options, given, field.name),
  parse: (value, field, context) => parseNumber(value, field, context),
  text: (stored, field) => (typeof stored === 'number' ? showNumber(stored, field) : ''),
};
