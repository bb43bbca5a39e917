import type { CellValue } from '../../contracts/airtable';
import { isEmptyCell } from '../cells/canonical';
import { toText, type FormulaValue } from '../formula/values';
import type { ReadContext } from './fields/field-type';
import type { EngineField, StoredRecord } from './schema';

/** What a record's cell holds, stored or computed; null when it is empty. */
export function valueOf(record: StoredRecord, field: EngineField, context: ReadContext): CellValue {
  const type = context.typeOf(field);
  const value = type.compute ? type.compute(record, field, context) : (record.cells[field.id] ?? null);
  return isEmptyCell(value) ? null : value;
}

/** A record's cell as formulas see it; null is BLANK(). */
export function formulaValueOf(record: StoredRecord, field: EngineField, context: ReadContext): FormulaValue {
  const value = valueOf(record, field, context);
  return value === null ? null : context.typeOf(field).formula(value, field, context);
}

/** The primary cell of a linked record as text; '' when the record is gone or has none. */
export function primaryText(recordId: string, context: ReadContext): string {
  const linked = context.linked(recordId);
  const primary = linked?.table.fields.find((field) => field.id === linked.table.primaryFieldId);
  return linked && primary ? toText(formulaValueOf(linked.record, primary, context)) : '';
}
