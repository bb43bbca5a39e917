import { randomUUID } from 'node:crypto';
import { intend, type JournalEntry, type Settlement } from './journal';
import { someVanished } from './present';
import { isRefusal, settleBatch, type EditRun, type WriteEnd } from './run';

/** Journals that the entries are about to be taken back. */
export function intendUndo(run: EditRun, entries: readonly JournalEntry[]): Promise<void> {
  return intend(
    run.db,
    run.lease,
    run.editId,
    randomUUID(),
    'undo_intended',
    entries.map(({ ordinal }) => ({ ordinal })),
  );
}

/**
 * After a write that takes back: settled when it landed. A refusal proves that nothing did: when a record went
 * away meanwhile the next look compares again, else the batch is left to a person and the walk goes on.
 */
export async function settleUndo(
  run: EditRun,
  entries: readonly JournalEntry[],
  end: WriteEnd<unknown>,
  settled: readonly Settlement[],
): Promise<void> {
  if (end.end === 'refused' && isRefusal(end.error)) {
    if (await someVanished(run, entries)) return;
    const reason = `the undo was refused: ${end.error instanceof Error ? end.error.message : String(end.error)}`;
    await settleBatch(
      run,
      entries.map(({ ordinal }): Settlement => ({ ordinal, state: 'undo_conflict', reason })),
    );
    return;
  }
  finishUndo(end);
  await settleBatch(run, settled);
}

/** Passes a failed write on: the entries stay `undo_intended`, and the next attempt compares again. */
export function finishUndo(end: WriteEnd<unknown>): void {
  if (end.end !== 'landed') throw end.error;
}
