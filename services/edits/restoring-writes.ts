import { MAX_RECORDS_PER_WRITE, type Cells } from '../../contracts/airtable';
import { isRefusal, sendWrite, type EditRun } from './run';

/** One link cell that is to be written. */
export interface CellWrite {
  readonly tableId: string;
  readonly recordId: string;
  readonly fieldId: string;
  readonly ids: readonly string[];
}

interface Update {
  readonly tableId: string;
  readonly id: string;
  readonly fields: Cells;
}

/**
 * Writes link cells, ten records a request. Where a request is refused its records are written one by one, so that one that
 * is gone keeps none of the others. Returns the reasons of those that were refused, by `record/field`; throws what a repeat
 * may mend.
 */
export async function writeCells(run: EditRun, writes: readonly CellWrite[]): Promise<Map<string, string>> {
  const records = new Map<string, Update>();
  for (const { tableId, recordId, fieldId, ids } of writes) {
    const known = records.get(recordId) ?? { tableId, id: recordId, fields: {} };
    known.fields[fieldId] = [...ids];
    records.set(recordId, known);
  }
  const refused = new Map<string, string>();
  const byTable = new Map<string, Update[]>();
  for (const update of records.values())
    byTable.set(update.tableId, [...(byTable.get(update.tableId) ?? []), update]);
  for (const updates of byTable.values()) {
    for (let i = 0; i < updates.length; i += MAX_RECORDS_PER_WRITE)
      await writeSome(run, updates.slice(i, i + MAX_RECORDS_PER_WRITE), refused);
  }
  return refused;
}

async function writeSome(
  run: EditRun,
  updates: readonly Update[],
  refused: Map<string, string>,
): Promise<void> {
  const tableId = updates[0]?.tableId ?? '';
  const records = updates.map(({ id, fields }) => ({ id, fields }));
  const end = await sendWrite(run, (options) =>
    run.client.updateRecords(run.baseId, tableId, records, options),
  );
  if (end.end === 'landed') return;
  if (end.end !== 'refused' || !isRefusal(end.error)) throw end.error;
  if (updates.length > 1) {
    for (const update of updates) await writeSome(run, [update], refused);
    return;
  }
  const reason = end.error instanceof Error ? end.error.message : String(end.error);
  for (const { id, fields } of updates)
    for (const fieldId of Object.keys(fields)) refused.set(`${id}/${fieldId}`, reason);
}
