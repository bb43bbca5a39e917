import type { AirtableRecord } from '../../contracts/airtable';
import { differingFields, nameFields } from './cell-comparison';
import type { JournalEntry, Settlement } from './journal';
import { presentCells } from './present';
import { sendWrite, settleBatch, type EditRun } from './run';
import { intendUndo, settleUndo } from './undo-writes';

/** Deletes created records that are as they were created. */
export async function undoCreations(
  run: EditRun,
  entries: readonly JournalEntry[],
  now: ReadonlyMap<string, AirtableRecord>,
): Promise<void> {
  const removed: string[] = [];
  const settled = entries.map(({ ordinal, recordId, change, found }): Settlement => {
    const record = recordId === null ? undefined : now.get(recordId);
    if (!record || change.kind !== 'create') return { ordinal, state: 'undone' };
    const present = presentCells(run, change.tableId, record);
    const ours = found ?? change.cells;
    const expected = { ...Object.fromEntries(Object.keys(present).map((id) => [id, null])), ...ours };
    const foreign = differingFields(run.fields, expected, record);
    if (foreign.length)
      return {
        ordinal,
        state: 'undo_conflict',
        reason: `somebody changed the new record, so it stays: ${nameFields(run.fields, foreign)}`,
      };
    removed.push(record.id);
    return { ordinal, state: 'undone' };
  });
  const batch = await intendUndo(run, entries);
  const tableId = entries[0]?.change.tableId ?? '';
  if (removed.length === 0) return settleBatch(run, settled);
  const end = await sendWrite(run, (options) =>
    run.client.deleteRecords(run.baseId, tableId, removed, options),
  );
  await settleUndo(run, entries, batch, end, settled);
}
