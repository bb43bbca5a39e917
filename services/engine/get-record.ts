import type { AirtableRecord } from '../../contracts/airtable';
import { answerRecord } from './answers';
import { readBase } from './base-rows';
import { recordNotFound } from './engine-error';
import { isEngineId } from './engine-ids';
import { toRecord, type BasePlace, type RecordRow } from './record-rows';
import { tableOf } from './schema-writing';

/** One record of the base by id, whatever table the path names, as Airtable does. Throws EngineError: 404. */
export async function getRecord(
  place: BasePlace,
  tableIdOrName: string,
  recordId: string,
  byFieldId: boolean,
): Promise<AirtableRecord> {
  const base = await readBase(place.tx, place.workspaceId, place.baseId);
  tableOf(base, tableIdOrName);
  if (!isEngineId('rec', recordId)) throw recordNotFound();
  const found = await place.tx.query<RecordRow>(
    'SELECT id, table_id, created_time, cells FROM engine_records WHERE workspace_id = $1 AND base_id = $2 AND id = $3',
    [place.workspaceId, place.baseId, recordId],
  );
  const row = found.rows[0];
  if (!row) throw recordNotFound();
  return answerRecord(tableOf(base, row.table_id), toRecord(row), { byFieldId });
}
