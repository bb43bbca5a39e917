import type { AirtableRecord, CellValue } from '../../contracts/airtable';
import { isEmptyCell } from '../cells/canonical';
import { valueOf } from './cells';
import type { ReadContext, TextForm } from './fields/field-type';
import { fieldTypeOf } from './fields/registry';
import type { BasePlace } from './place';
import type { EngineBase, EngineField, EngineTable, StoredRecord } from './schema';
import { readSurroundings } from './surroundings';

export interface AnswerForm {
  readonly byFieldId: boolean;
  /** Only these fields; all when absent. */
  readonly fields?: readonly EngineField[];
  /** Cells as text (`cellFormat=string`). */
  readonly text?: TextForm;
}

function answerCell(
  field: EngineField,
  value: CellValue,
  context: ReadContext,
  text: TextForm | undefined,
): CellValue {
  const type = fieldTypeOf(field);
  return text ? type.text(value, field, context, text) : type.read(value, field, context);
}

/** Records of one table in the form the API answers with: empty cells are left out. */
export async function answerRecords(
  place: BasePlace,
  base: EngineBase,
  table: EngineTable,
  records: readonly StoredRecord[],
  form: AnswerForm,
): Promise<AirtableRecord[]> {
  const fields = form.fields ?? table.fields;
  const context = await readSurroundings(place, base, fields, records, form.text ? 'text' : 'json');
  return records.map((record) => {
    const cells: [string, CellValue][] = [];
    for (const field of fields) {
      const value = valueOf(record, field, context);
      const answer = value === null ? null : answerCell(field, value, context, form.text);
      if (!isEmptyCell(answer)) cells.push([form.byFieldId ? field.id : field.name, answer]);
    }
    // Not by assignment, which would lose the cells of a field that is called __proto__.
    return { id: record.id, createdTime: record.createdTime, fields: Object.fromEntries(cells) };
  });
}
