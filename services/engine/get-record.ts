import type { AirtableRecord } from '../../contracts/airtable';
import { answerRecords } from './answers';
import { readBase } from './base-rows';
import { recordNotFound } from './engine-error';
import type { TextForm } from './fields/field-type';
import type { BasePlace } from './place';
import { readRows, toRecord } from './record-rows';
import { tableOf } from './schema-writing';

/** One record of the base by id, whatever table the path names, as Airtable does. Throws EngineError: 404. */
export async function getRecord(
  place: BasePlace,
  tableIdOrName: string,
  recordId: string,
  byFieldId: boolean,
  text?: TextForm,
): Promise<AirtableRecord> {
  const base = await readBase(place);
  tableOf(base, tableIdOrName);
  const [row] = await readRows(place, [recordId]);
  if (!row) throw recordNotFound();
  const table = tableOf(base, row.table_id);
  const [record] = await answerRecords(place, base, table, [toRecord(row)], {
    byFieldId,
    ...(text && { text }),
  });
  if (!record) throw recordNotFound();
  return record;
}
