import type { Cells } from '../../contracts/airtable';
import { differingFields } from './cell-comparison';
import type { JournalEntry, Settlement } from './journal';
import { readCreatedSince } from './resolve';
import { isRefusal, sendWrite, settleBatch, type EditRun } from './run';
import { finishUndo, intendUndo } from './undo-writes';

/** Creates deleted records again. Returns how long (ms) to wait when it is too early to tell what became of an earlier attempt, else 0. */
export async function undoDeletions(run: EditRun, entries: readonly JournalEntry[]): Promise<number> {
  const tried = entries.filter((e) => e.state === 'undo_intended');
  if (tried.length) {
    // An earlier attempt may have created them: look before creating again.
    const waitMs = (tried[0]?.sentAt?.getTime() ?? 0) + run.lateWriteMs - Date.now();
    if (waitMs > 0) return waitMs;
    const candidates = await readCreatedSince(run, tried);
    const found = tried.flatMap((entry): Settlement[] => {
      const i = candidates.findIndex(
        (r) => differingFields(run.fields, cellsToRestore(entry), r).length === 0,
      );
      const [record] = i < 0 ? [] : candidates.splice(i, 1);
      return record
        ? [
            {
              ordinal: entry.ordinal,
              state: 'undone',
              restoredAs: record.id,
              reason: `created again as ${record.id}`,
            },
          ]
        : [];
    });
    await settleBatch(run, found);
    const rest = tried.filter((e) => !found.some((f) => f.ordinal === e.ordinal));
    await settleBatch(
      run,
      rest.map(({ ordinal }): Settlement => ({ ordinal, state: 'landed' })),
      0,
    );
    return 0;
  }
  await intendUndo(run, entries);
  const tableId = entries[0]?.change.tableId ?? '';
  const end = await sendWrite(run, (options) =>
    run.client.createRecords(run.baseId, tableId, entries.map(cellsToRestore), options),
  );
  if (end.end === 'refused' && isRefusal(end.error)) {
    const reason = `could not be created again: ${end.error instanceof Error ? end.error.message : String(end.error)}`;
    await settleBatch(
      run,
      entries.map(({ ordinal }): Settlement => ({ ordinal, state: 'undo_conflict', reason })),
    );
    return 0;
  }
  if (end.end === 'refused' || end.end === 'unsent') {
    await settleBatch(
      run,
      entries.map(({ ordinal }): Settlement => ({ ordinal, state: 'landed' })),
      0,
    );
    throw end.error;
  }
  finishUndo(end);
  if (end.end === 'landed') {
    await settleBatch(
      run,
      entries.map(({ ordinal }, i): Settlement => {
        const id = end.answer[i]?.id;
        return id === undefined
          ? { ordinal, state: 'undo_unknown' }
          : { ordinal, state: 'undone', restoredAs: id, reason: `created again as ${id}` };
      }),
    );
  }
  return 0;
}

const cellsToRestore = (entry: JournalEntry): Cells =>
  entry.found ?? (entry.change.kind === 'delete' ? entry.change.before : {});
