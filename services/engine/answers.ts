import type { AirtableRecord, CellValue } from '../../contracts/airtable';
import { cellText, normalizeCell } from '../cells/cells';
import { fieldTypeOf } from './fields/registry';
import type { ReadContext } from './fields/field-type';
import { linkedIds } from './links';
import type { EngineField, EngineTable, StoredRecord } from './schema';

export interface AnswerForm {
  readonly byFieldId: boolean;
  /** Only these fields; all when absent. */
  readonly fields?: readonly EngineField[];
  /** Cells as text (`cellFormat=string`), with the texts of linked records. */
  readonly text?: ReadContext;
}

function answerCell(field: EngineField, stored: CellValue, text: ReadContext | undefined): CellValue {
  if (!text) return fieldTypeOf(field).read(stored, field);
  if (field.type === 'multipleRecordLinks')
    return linkedIds(stored)
      .map((id) => text.linkText(id))
      .join(', ');
  return cellText(field, fieldTypeOf(field).read(stored, field));
}

/** A record in the form the API answers with: empty cells are left out. */
export function answerRecord(table: EngineTable, record: StoredRecord, form: AnswerForm): AirtableRecord {
  const fields: Record<string, CellValue> = {};
  for (const field of form.fields ?? table.fields) {
    const stored = record.cells[field.id];
    if (stored === undefined || normalizeCell(field, stored) === null) continue;
    fields[form.byFieldId ? field.id : field.name] = answerCell(field, stored, form.text);
  }
  return { id: record.id, createdTime: record.createdTime, fields };
}
