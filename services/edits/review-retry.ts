import { MAX_PAGE_SIZE } from '../../contracts/airtable';
import { applyBatch } from './apply';
import { sameTarget } from './batches';
import { readEntries, type JournalEntry } from './journal';
import { inBatches, lookAt, withinOneLook } from './look-ahead';
import { resolveIntended } from './resolve';
import { followRestoredLinks } from './restored-links';
import { runChunk, settleBatch, type ChunkLimits, type ChunkResult, type EditRun } from './run';

/**
 * Applies once more what of an edit is tried again: what may have landed is looked for first, the rest is judged and written
 * as when the edit was applied.
 */
export function retryApplying(run: EditRun, limits: ChunkLimits): Promise<ChunkResult> {
  return runChunk(run, limits, async () => {
    const waitMs = await resolveIntended(run, 'applying');
    if (waitMs > 0) return { waitMs };
    const pending = await run.db.tenant(run.workspaceId, (tx) =>
      readEntries(tx, run.editId, ['pending'], MAX_PAGE_SIZE, 'forwards', run.only),
    );
    const [first] = pending;
    if (!first) return 'nothing left';
    const option = first.change.kind === 'createOption' ? first : undefined;
    const next = option ? carrierOf(option, pending) : withinOneLook(run, sameTarget(pending));
    if (option && next.length === 0) {
      const reason = 'no record that is tried again uses it';
      await settleBatch(run, [{ ordinal: option.ordinal, state: 'skipped', reason }]);
      return { handled: 1 };
    }
    const entries = await run.db.tenant(run.workspaceId, (tx) =>
      followRestoredLinks(tx, run.editId, run.fields, next),
    );
    const look = lookAt(run, entries);
    return { handled: await inBatches(entries, (batch) => applyBatch(run, batch, look, option)) };
  });
}

/** The first record that uses an option: Airtable makes one only with a record. */
function carrierOf({ change: option }: JournalEntry, pending: readonly JournalEntry[]): JournalEntry[] {
  if (option.kind !== 'createOption') return [];
  const uses = (value: unknown) =>
    value === option.name || (Array.isArray(value) && value.includes(option.name));
  const carrier = pending.find(({ change }) => {
    if (change.kind === 'update') return uses(change.cells[option.fieldId]?.after);
    return change.kind === 'create' && uses(change.cells[option.fieldId]);
  });
  return carrier ? [carrier] : [];
}
