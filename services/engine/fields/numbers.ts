import type { CellValue } from '../../../contracts/airtable';
import { invalidValue } from '../engine-error';
import type { EngineField } from '../schema';
import type { SortKey, WriteContext } from './field-type';

/** Longer text is no number that anybody means. */
const MAX_NUMBER_TEXT = 400;
const SYMBOLS = /^([+-]?)\s*\p{Sc}\s*|\s*\p{Sc}$/gu;
const THOUSANDS = /,(?=\d{3}(?:\D|$))/g;
const NUMBER = /^[+-]?(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?$/i;

/** Text as people write numbers: "$1,200", " 12.5 ", "12%" (which is 0.12). Undefined when it is none. */
export function castNumber(text: string): number | undefined {
  if (text.length > MAX_NUMBER_TEXT) return undefined;
  const trimmed = text.trim();
  const isPercent = trimmed.endsWith('%');
  const bare = isPercent ? trimmed.slice(0, -1).trimEnd() : trimmed;
  const plain = bare.replace(SYMBOLS, '$1').replace(THOUSANDS, '');
  if (!NUMBER.test(plain)) return undefined;
  // Digits that binary fractions add (0.07 / 100) are cut off.
  const number = isPercent ? Number((Number(plain) / 100).toPrecision(15)) : Number(plain);
  return Number.isFinite(number) ? number + 0 : undefined;
}

/** A written number; with typecast also text, null when that is no number. Throws EngineError for anything else. */
export function parseNumber(
  value: CellValue,
  field: EngineField,
  { typecast }: WriteContext,
  cast: (text: string) => number | undefined = castNumber,
): number | null {
  if (typecast && typeof value === 'string') return cast(value) ?? null;
  if (typeof value !== 'number' || !Number.isFinite(value))
    throw invalidValue(field.name, 'it takes a number');
  return value + 0;
}

/** A number with as many decimals as the field shows; all that it has where the field does not say. */
export function showNumber(number: number, field: EngineField): string {
  const precision = field.options?.['precision'];
  if (typeof precision !== 'number' || !(precision >= 0 && precision <= 20)) return String(number);
  const text = number.toFixed(precision);
  return Number(text) === 0 ? text.replace('-', '') : text;
}

/** Sorting by a number of the row `row`; an empty cell comes before all of them. */
export function numberSort(fieldId: string, row: string): SortKey {
  return { kind: 'number', sql: `coalesce((${row}.cells->>'${fieldId}')::numeric, '-Infinity'::numeric)` };
}

/** What number types have in common besides how they are written and shown. */
export const numberReading = {
  computed: false,
  read: (stored: CellValue) => stored,
  formula: (stored: CellValue) => (typeof stored === 'number' ? stored : null),
  sort: (field: EngineField, row: string) => numberSort(field.id, row),
} as const;
