import type { CreationFate } from './creation-search';
import type { JournalEntry, Settlement } from './journal';
import { sendWrite, settleBatch, type EditRun } from './run';

/**
 * Deletes records that two requests under way at the same time made beside the ones that are kept: ours for certain, alike,
 * and with the same markers. The journal says so before it is done; a repeated attempt finds one record and is through. Throws
 * what the call throws, after which the entries are as open as before.
 */
export async function removeSurplus(
  run: EditRun,
  entries: readonly JournalEntry[],
  fates: ReadonlyMap<number, CreationFate>,
): Promise<void> {
  const removed = entries.flatMap(({ ordinal, state }) => {
    const fate = fates.get(ordinal);
    return fate?.fate === 'found'
      ? fate.surplus.map((id) => ({ ordinal, state, id, kept: fate.record.id }))
      : [];
  });
  if (removed.length === 0) return;
  const noted = removed.map(({ ordinal, state, id, kept }): Settlement => ({
    ordinal,
    state,
    reason: `a repeated request created it twice: ${id} is deleted, ${kept} stays`,
  }));
  await settleBatch(run, noted, 0);
  const tableId = entries[0]?.change.tableId ?? '';
  const ids = removed.map(({ id }) => id);
  const end = await sendWrite(run, (options) => run.client.deleteRecords(run.baseId, tableId, ids, options));
  if (end.end !== 'landed') throw end.error;
}
