import { MAX_PAGE_SIZE } from '../../contracts/airtable';
import { readEntries, type JournalEntry, type Settlement } from './journal';
import { noteLost } from './late-requests';
import { holdLease } from './leases';
import { inBatches, lookAt, withinOneLook, type Look } from './look-ahead';
import { resolveIntended } from './resolve';
import { followRestoredLinks } from './restored-links';
import { closeRestorations, restoreSome } from './restoring';
import { runChunk, settleBatch, type ChunkLimits, type ChunkResult, type EditRun } from './run';
import { asSchemaEntry } from './schema-journal';
import { resolveSchema } from './schema-resolving';
import { undoSchema } from './schema-undo';
import { undoCreations } from './undo-creations';
import { undoDeletions } from './undo-deletions';
import { undoUpdates } from './undo-updates';

/**
 * Walks the journal backwards and takes back what landed and is still as we wrote it. What somebody changed
 * since stays theirs and is marked; nothing is guessed. Safe to repeat from any point.
 */
export async function compensateBatches(run: EditRun, limits: ChunkLimits): Promise<ChunkResult> {
  await reopenRecentlySent(run);
  return runChunk(run, limits, async () => {
    const waitMs = (await resolveSchema(run, 'undoing')) || (await resolveIntended(run, 'undoing'));
    if (waitMs > 0) return { waitMs };
    const arriving = await closeRestorations(run);
    if (arriving > 0) return { waitMs: arriving };
    const open = await run.db.tenant(run.workspaceId, async (tx) => {
      const states = ['landed', 'undo_intended'] as const;
      const entries = withinOneLook(
        run,
        await readEntries(tx, run.editId, states, MAX_PAGE_SIZE, 'backwards', run.only),
      );
      return followRestoredLinks(tx, run.editId, run.fields, entries);
    });
    if (open[0]?.change.kind !== 'delete') {
      // Links of deleted records are back before changes of link cells are compared with what was written.
      const restored = await restoreSome(run, 'undoing');
      if (restored !== 'nothing left') return restored;
    }
    const [latest] = open;
    if (!latest) return 'nothing left';
    // One after the other: a name may have to become free before another takes it.
    const schema = asSchemaEntry(latest);
    if (schema) {
      await undoSchema(run, schema);
      return { handled: 1 };
    }
    if (open.some(({ state }) => state === 'undo_intended')) await noteLost(run);
    const look = lookAt(run, open);
    let early = 0;
    const handled = await inBatches(open, async (batch) => {
      early = Math.max(early, await undoBatch(run, batch, look));
    });
    return early > 0 ? { waitMs: early } : { handled };
  });
}

/** A write without an answer that was to be sent again may still land: it is looked for before the edit counts as taken back. */
async function reopenRecentlySent(run: EditRun): Promise<void> {
  await run.db.tenant(run.workspaceId, async (tx) => {
    await holdLease(tx, run.lease);
    await tx.query(
      `UPDATE edit_changes SET state = 'intended' WHERE edit_id = $1 AND state = 'pending'
         AND sent_at > clock_timestamp() - make_interval(secs => $2)`,
      [run.editId, run.lateWriteMs / 1_000],
    );
  });
}

/** Returns how long to wait when it is too early to tell what became of an earlier attempt, else 0. */
async function undoBatch(run: EditRun, entries: readonly JournalEntry[], look: Look): Promise<number> {
  const kind = entries[0]?.change.kind;
  if (kind === 'createOption') {
    await settleBatch(
      run,
      entries.map(({ ordinal }): Settlement => ({
        ordinal,
        state: 'undone',
        reason: 'the option itself stays: the API cannot remove one',
      })),
    );
    return 0;
  }
  if (kind === 'delete') return undoDeletions(run, entries);
  const now = await look(entries);
  if (kind === 'create') await undoCreations(run, entries, now);
  else await undoUpdates(run, entries, now);
  return 0;
}
