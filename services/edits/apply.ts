import { SagatableError } from '../../contracts/errors';
import type { Tx } from '../database/database';
import { readUpcoming, type Upcoming } from './batches';
import type { JournalEntry } from './journal';
import { judge, type Judged } from './judging';
import { inBatches, lookAt, withinOneLook, type Look } from './look-ahead';
import { resolveIntended } from './resolve';
import { followRestoredLinks } from './restored-links';
import { runChunk, settleBatch, type ChunkLimits, type ChunkResult, type EditRun } from './run';
import { writeBatch } from './writing';

/**
 * Applies some batches of an approved edit, from where its journal stands. First whatever an earlier attempt
 * left without an answer is found out; nothing unanswered is sent twice blindly. Throws when a write is refused,
 * or on a conflict under the policy `stop`: the caller then compensates.
 */
export function applyBatches(run: EditRun, limits: ChunkLimits): Promise<ChunkResult> {
  return runChunk(run, limits, async () => {
    const waitMs = await resolveIntended(run, 'applying');
    if (waitMs > 0) return { waitMs };
    const upcoming = await run.db.tenant(run.workspaceId, (tx) => readNext(tx, run));
    if (!upcoming) return 'nothing left';
    const { option, entries } = upcoming;
    if (option && entries.length === 0) {
      const reason = 'no record of the approved changes uses it';
      await settleBatch(run, [{ ordinal: option.ordinal, state: 'skipped', reason }]);
      return { handled: 1 };
    }
    const look = lookAt(run, entries);
    // Before anything of it is written: what has to stop anyway need not be taken back first.
    if (run.policy === 'stop') await stopAtConflict(run, await judge(run, entries, await look(entries)));
    return { handled: await inBatches(entries, (batch) => applyBatch(run, batch, look, option)) };
  });
}

async function readNext(tx: Tx, run: EditRun): Promise<Upcoming | undefined> {
  const upcoming = await readUpcoming(tx, run.editId);
  if (!upcoming) return undefined;
  const entries = withinOneLook(run, upcoming.entries);
  return { ...upcoming, entries: await followRestoredLinks(tx, run.editId, run.fields, entries) };
}

async function applyBatch(
  run: EditRun,
  entries: readonly JournalEntry[],
  look: Look,
  option: JournalEntry | undefined,
): Promise<void> {
  const judged = await judge(run, entries, await look(entries));
  if (run.policy === 'stop') await stopAtConflict(run, judged);
  await settleBatch(run, judged.settled);
  if (judged.toWrite.length) await writeBatch(run, judged.toWrite, option);
}

async function stopAtConflict(run: EditRun, { settled }: Judged): Promise<void> {
  const conflicts = settled.filter(({ state }) => state === 'conflict');
  if (conflicts.length === 0) return;
  await settleBatch(run, conflicts);
  throw new SagatableError(
    'Conflict',
    'Somebody changed a record since the preview, and the approval says to stop then.',
    { code: 'edit_conflict' },
  );
}
