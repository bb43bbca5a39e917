import { randomUUID } from 'node:crypto';
import { intend, type JournalEntry, type Settlement } from './journal';
import { noteLost } from './late-requests';
import { someVanished } from './present';
import { isRefusal, settleBatch, type EditRun, type WriteEnd } from './run';

/** Journals that the entries are about to be taken back; gives the batch under which it did. */
export async function intendUndo(run: EditRun, entries: readonly JournalEntry[]): Promise<string> {
  const batch = randomUUID();
  await intend(
    run.db,
    run.lease,
    run.editId,
    batch,
    'undo_intended',
    entries.map(({ ordinal }) => ({ ordinal })),
  );
  return batch;
}

/**
 * After a write that takes back: settled when it landed. A refusal proves that nothing did: when a record went
 * away meanwhile the next look compares again, else the batch is left to a person and the walk goes on.
 */
export async function settleUndo(
  run: EditRun,
  entries: readonly JournalEntry[],
  batch: string,
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
  if (end.end === 'refused' || end.end === 'unsent') await putBack(run, entries);
  finishUndo(end);
  if (end.end === 'landed' && end.repeated) await noteLost(run, batch);
  await settleBatch(
    run,
    settled.map((s): Settlement => (s.state === 'undone' ? { evidence: 'answer', ...s } : s)),
  );
}

/** After an undo of which certainly nothing was carried out: it is not to be taken for one without an answer. */
export function putBack(run: EditRun, entries: readonly JournalEntry[]): Promise<void> {
  return settleBatch(
    run,
    entries.map(({ ordinal, state }): Settlement => ({
      ordinal,
      state: state === 'undo_intended' ? 'landed' : state,
    })),
    0,
  );
}

/** Passes a failed write on: the entries stay `undo_intended`, and the next attempt compares again. */
export function finishUndo(end: WriteEnd<unknown>): void {
  if (end.end !== 'landed') throw end.error;
}
