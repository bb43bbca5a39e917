import type { CellValue } from '../../../contracts/airtable';
import { invalidValue } from '../engine-error';
import { isStorable } from '../storable-text';
import type { EngineField } from '../schema';
import type { EngineFieldType, WriteContext } from './field-type';
import { refuseOptions } from './options';

/** Longest text of a cell. Source: Airtable's documented limit of a long text field, 100,000 characters. */
export const MAX_TEXT = 100_000;

/** A written value as text of at most `MAX_TEXT` characters. Throws EngineError for what is not. */
export function parseText(value: CellValue, field: EngineField, context: WriteContext): string {
  const text =
    context.typecast && (typeof value === 'number' || typeof value === 'boolean') ? String(value) : value;
  if (typeof text !== 'string') throw invalidValue(field.name, 'it takes text');
  if (!isStorable(text)) throw invalidValue(field.name, 'the text holds NUL or half a surrogate pair');
  if (text.length > MAX_TEXT) throw invalidValue(field.name, `text may have ${MAX_TEXT} characters`);
  return text;
}

/** The SQL of text sorting by a cell of the row `row`: case does not count, empty comes first. */
export function textSort(fieldId: string, row: string): { kind: 'text'; sql: string } {
  return { kind: 'text', sql: `coalesce(lower(${row}.cells->>'${fieldId}'), '')` };
}

/** What all types have in common whose cell is a string and that have no options. */
export function textType(type: string): EngineFieldType {
  return {
    type,
    primary: true,
    mergeable: true,
    computed: false,
    options: (given, field) => refuseOptions(given, field.name),
    parse: parseText,
    read: (stored) => stored,
    formula: (stored) => (typeof stored === 'string' ? stored : null),
    text: (stored) => (typeof stored === 'string' ? stored : ''),
    sort: (field, row) => textSort(field.id, row),
  };
}
