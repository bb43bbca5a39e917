import type { Settlement } from './journal';
import { presentCells } from './present';
import { readRecords } from './read-records';
import { finishMarks, type ReviewEntry } from './review-rows';
import { settleBatch, type EditRun } from './run';

/**
 * Settles changes by a person's word: in the base, or not. A creation that landed takes its record as it is now for what it
 * made, so that a later undo finds it; where that record is gone again the word is forgotten.
 */
export async function settleWords(run: EditRun, words: readonly ReviewEntry[]): Promise<void> {
  const settlements: Settlement[] = [];
  const gone: number[] = [];
  for (const word of words) {
    const { entry, reviewRecord, verdict } = word;
    const { ordinal, change } = entry;
    if (verdict === 'notLanded') {
      settlements.push({
        ordinal,
        state: 'undone',
        reason: 'it is not in the base: decided in review',
        ...(reviewRecord === null ? {} : { restoredAs: reviewRecord }),
      });
      continue;
    }
    const landed: Settlement = { ordinal, state: 'landed', reason: 'it is in the base: decided in review' };
    if (reviewRecord === null) {
      settlements.push(landed);
      continue;
    }
    const record = await readOne(run, change.tableId, reviewRecord);
    if (!record) gone.push(ordinal);
    else
      settlements.push({
        ...landed,
        recordId: reviewRecord,
        found: presentCells(run, change.tableId, record),
      });
  }
  const named = settlements.flatMap(({ recordId }) => recordId ?? []);
  await settleBatch(run, settlements, words.length, async (tx) => {
    await tx.query(
      `UPDATE late_records SET state = 'settled', settled_at = clock_timestamp(), reason = 'decided in review'
       WHERE edit_id = $1 AND record_id = ANY($2) AND state IN ('changed', 'unclear', 'found', 'undo_intended')`,
      [run.editId, named],
    );
    await tx.query(`UPDATE edit_changes SET verdict = 'retry' WHERE edit_id = $1 AND ordinal = ANY($2)`, [
      run.editId,
      gone,
    ]);
    await finishMarks(
      tx,
      run.editId,
      run.operationId,
      words.map(({ entry }) => entry.ordinal),
    );
  });
}

async function readOne(run: EditRun, tableId: string, recordId: string) {
  for await (const record of readRecords(run.client, run.baseId, tableId, [recordId], run.signal))
    if (record.id === recordId) return record;
  return undefined;
}
