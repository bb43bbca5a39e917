import type { CellValue, FieldSchema } from '../../contracts/airtable';
import { SagatableError } from '../../contracts/errors';
import { normalizeCell } from '../cells/cells';

const TEXT = new Set(['singleLineText', 'multilineText', 'richText', 'email', 'url', 'phoneNumber']);
const NUMBERS = new Set(['number', 'currency', 'percent', 'rating', 'duration']);
const isText = (v: CellValue): v is string => typeof v === 'string';
const isRecordId = (v: CellValue) => isText(v) && /^rec[0-9A-Za-z]{14}$/.test(v);

/** What a field of this type takes, in words; undefined when the value fits. */
function mismatch(field: FieldSchema, value: CellValue): string | undefined {
  const { type } = field;
  if (TEXT.has(type)) return isText(value) ? undefined : 'text';
  if (NUMBERS.has(type)) return typeof value === 'number' && Number.isFinite(value) ? undefined : 'a number';
  if (type === 'checkbox') return typeof value === 'boolean' ? undefined : 'true or false';
  if (type === 'singleSelect') return isText(value) ? undefined : 'the name of an option';
  if (type === 'multipleSelects')
    return Array.isArray(value) && value.every(isText) ? undefined : 'a list of option names';
  if (type === 'multipleRecordLinks')
    return Array.isArray(value) && value.every(isRecordId) ? undefined : 'a list of record ids';
  if (type === 'date' || type === 'dateTime') {
    const shape =
      type === 'date'
        ? /^\d{4}-\d{2}-\d{2}$/
        : /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(:\d{2}(\.\d+)?)?(Z|[+-]\d{2}:\d{2})$/;
    const fits =
      isText(value) && shape.test(value) && isRealDay(value.slice(0, 10)) && !Number.isNaN(Date.parse(value));
    return fits
      ? undefined
      : type === 'date'
        ? 'a date like 2022-09-05'
        : 'an instant like 2022-09-05T07:00:00.000Z';
  }
  return undefined;
}

function isRealDay(day: string): boolean {
  const parsed = new Date(`${day}T00:00:00Z`);
  return !Number.isNaN(parsed.getTime()) && parsed.toISOString().slice(0, 10) === day;
}

/**
 * A value as it will be written and compared: exact, in the field's own form, null for empty. Nothing is guessed
 * at, since an edit does not use Airtable's typecast. Throws InvalidInput naming the field and what it takes.
 */
export function exactValue(field: FieldSchema, value: CellValue): CellValue {
  const empty =
    value === null || value === '' || value === false || (Array.isArray(value) && value.length === 0);
  if (empty) return null;
  const wanted = mismatch(field, value);
  if (wanted !== undefined) {
    throw new SagatableError(
      'InvalidInput',
      `“${field.name}” (${field.type}) takes ${wanted}, not ${JSON.stringify(value).slice(0, 80)}.`,
      {
        code: 'wrong_value',
      },
    );
  }
  if (typeof value === 'string' && (value.includes('\u0000') || !value.isWellFormed())) {
    throw new SagatableError(
      'InvalidInput',
      `The text for “${field.name}” holds a NUL or half a character.`,
      { code: 'wrong_value' },
    );
  }
  return normalizeCell(field, value);
}

/** The names of a select field's options; undefined for other types. */
export function optionNames(field: FieldSchema): ReadonlySet<string> | undefined {
  if (field.type !== 'singleSelect' && field.type !== 'multipleSelects') return undefined;
  const choices = field.options?.['choices'];
  const names = Array.isArray(choices)
    ? choices.map((c: unknown) => (typeof c === 'object' && c !== null && 'name' in c ? c.name : undefined))
    : [];
  return new Set(names.filter((n): n is string => typeof n === 'string'));
}
