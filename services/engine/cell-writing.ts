import type { CellValue } from '../../contracts/airtable';
import { isEmptyCell } from '../cells/canonical';
import { EngineError } from './engine-error';
import { newEngineId } from './engine-ids';
import { newChoice } from './fields/choices';
import type { WriteContext } from './fields/field-type';
import { fieldTypeOf } from './fields/registry';
import { choicesOf, findField, type EngineField, type EngineTable } from './schema';

/** A link given as text: `placeholder` stands in the cell until the record is found or made. */
export interface LinkByText {
  readonly placeholder: string;
  readonly field: EngineField;
  readonly text: string;
}

/** A write in the making: what typecast asked for besides the cells. */
export interface Writing extends WriteContext {
  readonly changedFields: ReadonlySet<EngineField>;
  readonly linksByText: readonly LinkByText[];
}

/** Begins a write. `addChoice` changes the options of the field it is given: the schema this transaction has just read. */
export function beginWriting(typecast: boolean): Writing {
  const changedFields = new Set<EngineField>();
  const linksByText: LinkByText[] = [];
  return {
    typecast,
    changedFields,
    linksByText,
    addChoice(field, name) {
      const choices = choicesOf(field);
      const choice = newChoice(name, choices.length);
      if (field.options) field.options['choices'] = [...choices, choice];
      changedFields.add(field);
      return choice.id;
    },
    linkByText(field, text) {
      const known = linksByText.find((link) => link.field === field && link.text === text);
      if (known) return known.placeholder;
      const placeholder = newEngineId('rec');
      linksByText.push({ placeholder, field, text });
      return placeholder;
    },
  };
}

/** One written value as it is stored; null for an empty cell. Throws EngineError when the field does not take it. */
export function parseCell(field: EngineField, value: unknown, writing: WriteContext): CellValue {
  if (value === null || value === undefined || value === '') return null;
  const stored = fieldTypeOf(field).parse(asJson(value), field, writing);
  return isEmptyCell(stored) ? null : stored;
}

/** Values come from JSON.parse: what is not a JSON value cannot be among them, and the field types check the rest. */
function asJson(value: unknown): CellValue {
  if (typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean') return value;
  if (Array.isArray(value))
    return value.map((item) => (typeof item === 'string' || typeof item === 'number' ? item : null));
  return {};
}

/** Written cells by field id or name as stored values by field id, null where one is cleared. Throws EngineError. */
export function parseCells(
  table: EngineTable,
  fields: Readonly<Record<string, unknown>>,
  writing: WriteContext,
): Record<string, CellValue> {
  const cells: Record<string, CellValue> = {};
  for (const [key, value] of Object.entries(fields)) {
    const field = findField(table, key);
    if (!field) throw new EngineError(422, 'UNKNOWN_FIELD_NAME', `Unknown field name: "${key}"`);
    cells[field.id] = parseCell(field, value, writing);
  }
  return cells;
}

/** Cells after a write: `changes` over `before`, without the empty ones. */
export function mergeCells(
  before: Readonly<Record<string, CellValue>>,
  changes: Readonly<Record<string, CellValue>>,
): Record<string, CellValue> {
  return Object.fromEntries(Object.entries({ ...before, ...changes }).filter(([, value]) => value !== null));
}
