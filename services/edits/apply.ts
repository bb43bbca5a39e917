import { SagatableError } from '../../contracts/errors';
import type { Tx } from '../database/database';
import { readUpcoming, type Upcoming } from './batches';
import { keepBack, keepBeforeImages } from './before-images';
import { skipExpired } from './conflict-decisions';
import { putAside, readWaiting } from './conflicts';
import type { JournalEntry } from './journal';
import { judge, type Judged } from './judging';
import { inBatches, lookAt, withinOneLook, type Look } from './look-ahead';
import { resolveIntended } from './resolve';
import { followRestoredLinks } from './restored-links';
import { restoreSome } from './restoring';
import { runChunk, settleBatch, type ChunkLimits, type ChunkResult, type EditRun } from './run';
import { applySchema } from './schema-applying';
import { writeBatch } from './writing';

/**
 * Applies some batches of an approved edit, from where its journal stands: tables and fields before records. First whatever an earlier attempt
 * left without an answer is found out; nothing unanswered is sent twice blindly. Throws when a write is refused,
 * or on a conflict under the policy `stop`: the caller then compensates.
 */
export async function applyBatches(run: EditRun, limits: ChunkLimits): Promise<ChunkResult> {
  const schema = await applySchema(run, limits);
  if (schema) return schema;
  const chunk = await runChunk(run, limits, async () => {
    const waitMs = await resolveIntended(run, 'applying');
    if (waitMs > 0) return { waitMs };
    const upcoming = await run.db.tenant(run.workspaceId, (tx) => readNext(tx, run));
    if (!upcoming) return restoreSome(run, 'applying');
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
  return chunk.state === 'done' && run.policy === 'ask' ? askAbout(run, chunk) : chunk;
}

/** Nothing is left but what somebody has to decide on; what nobody decided on in time is left alone. */
async function askAbout(run: EditRun, chunk: ChunkResult): Promise<ChunkResult> {
  const waiting = await run.db.tenant(run.workspaceId, async (tx) => {
    await skipExpired(tx, run.editId);
    return readWaiting(tx, run.editId);
  });
  return waiting ? { ...chunk, state: 'ask', waitMs: waiting.waitMs, conflicts: waiting.count } : chunk;
}

async function readNext(tx: Tx, run: EditRun): Promise<Upcoming | undefined> {
  const upcoming = await readUpcoming(tx, run.editId);
  if (!upcoming) return undefined;
  const entries = withinOneLook(run, upcoming.entries);
  return { ...upcoming, entries: await followRestoredLinks(tx, run.editId, run.fields, entries) };
}

/** Judges, settles and writes one request's worth of entries. Throws what could not be settled, and a conflict under `stop`. */
export async function applyBatch(
  run: EditRun,
  entries: readonly JournalEntry[],
  look: Look,
  option: JournalEntry | undefined,
): Promise<void> {
  const deleting = entries[0]?.change.kind === 'delete';
  const { now, unkept } = deleting
    ? await keepBeforeImages(run, entries, look)
    : { now: await look(entries), unkept: new Map<number, string>() };
  const judged = keepBack(await judge(run, entries, now), unkept);
  if (run.policy === 'stop') await stopAtConflict(run, judged);
  await settleBatch(run, judged.settled);
  await putAside(run, judged.asides);
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
