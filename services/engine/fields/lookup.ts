import { z } from 'zod';
import type { CellValue } from '../../../contracts/airtable';
import { isEmptyCell } from '../../cells/canonical';
import { valueOf } from '../cells';
import { invalidOptions } from '../engine-error';
import { isEngineId } from '../engine-ids';
import { linkedIds } from '../links';
import { optionText, type EngineBase, type EngineField, type StoredRecord } from '../schema';
import { computedWriting } from './computed';
import type { EngineFieldType, ReadContext } from './field-type';
import { lookupSort } from './lookup-sort';
import { readOptions } from './options';
import { findPath, findReferred, isValid } from './references';

const Options = z.strictObject({ recordLinkFieldId: z.string(), fieldIdInLinkedTable: z.string() });

const LOOKUP = 'multipleLookupValues';
const linkOf = (field: EngineField) => optionText(field, 'recordLinkFieldId') ?? '';
const targetOf = (field: EngineField) => optionText(field, 'fieldIdInLinkedTable') ?? '';

/** What the lookup shows, as the read form's `result`: the field behind it without its name. */
function resultOf(target: EngineField, options: EngineField['options']): Record<string, unknown> {
  return { type: target.type, ...(options ? { options } : {}) };
}

function fieldOf(base: EngineBase, id: string): EngineField | undefined {
  for (const table of base.tables) {
    const found = table.fields.find((field) => field.id === id);
    if (found) return found;
  }
  return undefined;
}

/** The field behind a lookup, or behind the lookup that it looks up. Undefined where the way breaks off. */
function leafOf(field: EngineField, base: EngineBase): EngineField | undefined {
  let leaf: EngineField | undefined = field;
  while (leaf?.type === LOOKUP) leaf = isValid(leaf) ? fieldOf(base, targetOf(leaf)) : undefined;
  return leaf;
}

/** The target's cells of the linked records, in order, without empty ones; those of a lookup behind it in one list. */
function collect(record: StoredRecord, field: EngineField, context: ReadContext): CellValue[] {
  return linkedIds(record.cells[linkOf(field)]).flatMap((id) => {
    const linked = context.linked(id);
    const target = linked?.table.fields.find((other) => other.id === targetOf(field));
    if (!linked || !target) return [];
    const value = valueOf(linked.record, target, context);
    if (value === null) return [];
    return target.type === LOOKUP && Array.isArray(value) ? value : [value];
  });
}

/** Each of the cells read by the rules of the field they come from; lists become one list. */
function readAll<T>(
  value: CellValue,
  field: EngineField,
  context: ReadContext,
  read: (cell: CellValue, leaf: EngineField) => T | readonly T[],
): T[] {
  const leaf = leafOf(field, context.base);
  if (!leaf || !Array.isArray(value)) return [];
  return value.flatMap((cell) => read(cell, leaf));
}

/** The cells of one field of the linked records, always as a list. Its value is a list of whole cells of that field. */
export function lookupType(typeOf: (field: EngineField) => EngineFieldType): EngineFieldType {
  return {
    ...computedWriting,
    type: LOOKUP,
    options(given, field, context) {
      const wanted = readOptions(Options, given, field.name);
      const path = findPath(wanted.recordLinkFieldId, context.fields, context.base.tables);
      if (!path) throw invalidOptions(field.name, 'recordLinkFieldId is no link field of this table');
      const target = findReferred(path.linked.fields, wanted.fieldIdInLinkedTable);
      if (!target) throw invalidOptions(field.name, 'fieldIdInLinkedTable is no field of the linked table');
      return {
        isValid: true,
        recordLinkFieldId: path.link.id,
        fieldIdInLinkedTable: target.id,
        result: resultOf(target, target.options),
      };
    },
    complete(field, { table, tables, optionsOf }) {
      const path = findPath(linkOf(field), table.fields, tables);
      const target = path?.linked.fields.find((other) => other.id === targetOf(field));
      const found =
        path && target && isEngineId('fld', target.id) ? optionsOf(target, path.linked) : undefined;
      if (!target || !found) return { isValid: false, result: null };
      return { isValid: true, result: resultOf(target, found.options) };
    },
    reach(record, field, base) {
      if (!isValid(field)) return {};
      const target = fieldOf(base, targetOf(field));
      return { records: linkedIds(record.cells[linkOf(field)]), fields: target ? [target] : [] };
    },
    compute: (record, field, context) => (isValid(field) ? collect(record, field, context) : null),
    read: (value, field, context) =>
      readAll(value, field, context, (cell, leaf) => typeOf(leaf).read(cell, leaf, context)).filter(
        (cell) => !isEmptyCell(cell),
      ),
    formula: (value, field, context) =>
      readAll(value, field, context, (cell, leaf) => typeOf(leaf).formula(cell, leaf, context)),
    text: (value, field, context, form) =>
      readAll(value, field, context, (cell, leaf) => typeOf(leaf).text(cell, leaf, context, form)).join(', '),
    sort: (field, row) => lookupSort(field, row, typeOf),
  };
}
