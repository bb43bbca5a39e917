import { z } from 'zod';
import { optionText } from '../schema';
import { isStorable } from '../storable-text';
import type { EngineFieldType } from './field-type';
import { castNumber, numberReading, parseNumber, showNumber } from './numbers';
import { readOptions } from './options';

/** Source: Airtable Web API, field model, currency: 0 to 7 decimals and any symbol. */
const Options = z.strictObject({
  precision: z.number().int().min(0).max(7),
  symbol: z.string().min(1).max(100).refine(isStorable, 'must not hold NUL or half a surrogate pair'),
});

/** An amount without its currency, which is the field's: 1200 is shown as "$1200.00". */
export const currency: EngineFieldType = {
  ...numberReading,
  type: 'currency',
  primary: true,
  mergeable: true,
  options: (given, field) => readOptions(Options, given, field.name),
  parse(value, field, context) {
    const symbol = optionText(field, 'symbol') ?? '';
    return parseNumber(value, field, context, (text) => castNumber(symbol ? text.replace(symbol, '') : text));
  },
  text(stored, field) {
    if (typeof stored !== 'number') return '';
    const amount = showNumber(stored, field);
    const symbol = optionText(field, 'symbol') ?? '';
    return amount.startsWith('-') ? `-${symbol}${amount.slice(1)}` : `${symbol}${amount}`;
  },
};
