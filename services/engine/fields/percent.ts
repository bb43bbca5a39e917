import { z } from 'zod';
import type { EngineFieldType } from './field-type';
import { numberReading, parseNumber, showNumber } from './numbers';
import { readOptions } from './options';

/** Source: Airtable Web API, field model, percent: 0 to 8 decimals. */
const Options = z.strictObject({ precision: z.number().int().min(0).max(8) });

/** A fraction: 0.123 is shown as "12.3%". Written text counts as percent only with its sign: "12%" is 0.12, "12" is 12 (?). */
export const percent: EngineFieldType = {
  ...numberReading,
  type: 'percent',
  primary: true,
  mergeable: true,
  options: (given, field) => readOptions(Options, given, field.name),
  parse: (value, field, context) => parseNumber(value, field, context),
  // Fifteen digits hide what binary fractions add: 0.07 × 100 = 7.000000000000001.
  text: (stored, field) =>
    typeof stored === 'number' ? `${showNumber(Number((stored * 100).toPrecision(15)), field)}%` : '',
};
