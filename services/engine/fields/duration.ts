import { z } from 'zod';
import { optionText } from '../schema';
import { castNumber, numberReading, parseNumber } from './numbers';
import type { EngineFieldType } from './field-type';
import { readOptions } from './options';

/** Source: Airtable Web API, field model, duration. */
const Options = z.strictObject({
  durationFormat: z.enum(['h:mm', 'h:mm:ss', 'h:mm:ss.S', 'h:mm:ss.SS', 'h:mm:ss.SSS']),
});
const CLOCK = /^(-?)(\d{1,9}):(\d{1,2})(?::(\d{1,2}(?:\.\d{1,9})?))?$/;

/** "1:30" ends where the field's format ends: hours and minutes in h:mm, minutes and seconds in the others (?). Seconds as text are seconds. */
function castDuration(text: string, format: string): number | undefined {
  const parts = CLOCK.exec(text.trim());
  if (!parts) return castNumber(text);
  const [, sign, first = '', second = '', third] = parts;
  const minutesFirst = third === undefined && format !== 'h:mm';
  const seconds = minutesFirst
    ? Number(first) * 60 + Number(second)
    : Number(first) * 3600 + Number(second) * 60 + Number(third ?? 0);
  return sign === '-' ? 0 - seconds : seconds;
}

const two = (part: number) => String(part).padStart(2, '0');

function showDuration(stored: number, format: string): string {
  const decimals = format.split('.')[1]?.length ?? 0;
  // From 10²¹ on numbers have no decimals, and no digits one by one.
  if (Math.abs(stored) >= 1e15) return String(stored);
  const unit = format === 'h:mm' ? 60 : 10 ** -decimals;
  const units = Math.round(Math.abs(stored) / unit);
  const seconds = format === 'h:mm' ? units * 60 : units / 10 ** decimals;
  const minutes = Math.floor(seconds / 60);
  const rest = (seconds - minutes * 60).toFixed(decimals).padStart(decimals > 0 ? decimals + 3 : 2, '0');
  const clock = `${Math.floor(minutes / 60)}:${two(minutes % 60)}${format === 'h:mm' ? '' : `:${rest}`}`;
  return stored < 0 && units > 0 ? `-${clock}` : clock;
}

/** Seconds. */
export const duration: EngineFieldType = {
  ...numberReading,
  type: 'duration',
  primary: true,
  mergeable: true,
  options: (given, field) => readOptions(Options, given, field.name),
  parse: (value, field, context) =>
    parseNumber(value, field, context, (text) =>
      castDuration(text, optionText(field, 'durationFormat') ?? ''),
    ),
  text: (stored, field) =>
    typeof stored === 'number' ? showDuration(stored, optionText(field, 'durationFormat') ?? 'h:mm:ss') : '',
};
