import type { AirtableRecord, Cells } from '../../contracts/airtable';
import { equalCells, nameFields } from './cell-comparison';
import type { JournalEntry, Settlement } from './journal';
import { sendWrite, settleBatch, type EditRun } from './run';
import { intendUndo, settleUndo } from './undo-writes';

/** Writes back, cell by cell, what still holds the edit's result; the rest is somebody else's by now. */
export async function undoUpdates(
  run: EditRun,
  entries: readonly JournalEntry[],
  now: ReadonlyMap<string, AirtableRecord>,
): Promise<void> {
  const writes: Array<{ id: string; fields: Cells }> = [];
  const settled: Settlement[] = [];
  for (const { ordinal, change, found } of entries) {
    if (change.kind !== 'update') continue;
    const record = now.get(change.recordId);
    if (!record) {
      settled.push({ ordinal, state: 'undo_conflict', reason: 'the record was deleted since' });
      continue;
    }
    const back: Cells = {};
    const foreign: string[] = [];
    for (const [fieldId, cell] of Object.entries(change.cells)) {
      // An empty cell is an image too: null in `found` is what the base held.
      const before = found && fieldId in found ? (found[fieldId] ?? null) : cell.before;
      if (equalCells(run.fields, fieldId, record.fields[fieldId], before)) continue;
      if (equalCells(run.fields, fieldId, record.fields[fieldId], cell.after)) back[fieldId] = before;
      else foreign.push(fieldId);
    }
    if (Object.keys(back).length) writes.push({ id: record.id, fields: back });
    settled.push(
      foreign.length
        ? {
            ordinal,
            state: 'undo_conflict',
            reason: `changed by somebody since, left as it is: ${nameFields(run.fields, foreign)}`,
          }
        : { ordinal, state: 'undone' },
    );
  }
  const batch = await intendUndo(run, entries);
  const tableId = entries[0]?.change.tableId ?? '';
  if (writes.length === 0) return settleBatch(run, settled);
  const end = await sendWrite(run, (options) =>
    run.client.updateRecords(run.baseId, tableId, writes, options),
  );
  await settleUndo(run, entries, batch, end, settled);
}
