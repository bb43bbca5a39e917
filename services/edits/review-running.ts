import { SagatableError } from '../../contracts/errors';
import type { ChangeState } from '../../contracts/edits';
import type { Liveness } from '../liveness';
import { assertNotBuried, buryStep } from '../operations/steps';
import { compensateBatches } from './compensate';
import { readEdit } from './edit-rows';
import type { EditDependencies, EditRef } from './edit-work';
import { removeLateRecords } from './late-records';
import { carryOutLate, countLateMarks, releaseLateMarks } from './late-reviews';
import { holdLease } from './leases';
import { finishMarks, isBuried, readMarked, releaseMarks, type ReviewEntry } from './review-rows';
import { retryApplying } from './review-retry';
import { settleWords } from './review-words';
import { runChunk, type ChunkLimits, type ChunkResult, type EditRun } from './run';
import { underLease } from './running';

/** The step of workflows/reviews.ts whose tombstone shuts out attempts that wake late. */
export const REVIEW_STEP = 'review';

const CHUNK_MILLISECONDS = 30_000;

/** States in which something is still to be done about a change that is tried again. */
const OPEN: Readonly<Record<'apply' | 'undo', readonly ChangeState[]>> = {
  apply: ['pending', 'intended'],
  undo: ['landed', 'intended', 'undo_intended'],
};

/**
 * Carries out what persons said of an edit's unclear changes, as far as this operation's door marked them: words are settled,
 * and what is to be tried again is first looked for, then applied, or taken back where the edit is. To be called until it
 * says `done`. Throws Forbidden `connection_read_only`, and what a refused write throws.
 */
export async function reviewChunk(
  dependencies: EditDependencies,
  ref: EditRef,
  live: Liveness,
): ReturnType<typeof underLease> {
  const { db, config } = dependencies;
  const { buried, marked, late } = await db.tenant(ref.workspaceId, async (tx) => {
    const found = await readMarked(tx, ref.editId, ref.operationId);
    const edit = await readEdit(tx, ref.editId);
    const { rows } = await tx.query<{ writable: boolean }>('SELECT writable FROM connections WHERE id = $1', [
      edit.connection_id,
    ]);
    const lateMarks = await countLateMarks(tx, ref.editId, ref.operationId);
    const writes = lateMarks.deleting > 0 || found.some(({ verdict }) => verdict === 'retry');
    if (writes && !rows[0]?.writable) {
      throw new SagatableError('Forbidden', 'The connection is read-only: switch it on to try again.', {
        code: 'connection_read_only',
      });
    }
    return { marked: found, late: lateMarks.all, buried: await isBuried(tx, edit) };
  });
  const total = marked.length + late;
  if (total === 0) return { state: 'done', waitMs: 0, done: 0, total };
  const limits = { batches: config.chunkBatches, milliseconds: CHUNK_MILLISECONDS };
  const work = async (whole: EditRun): Promise<ChunkResult> => {
    await db.tenant(ref.workspaceId, (tx) => assertNotBuried(tx, ref.operationId, REVIEW_STEP));
    // A conflict that is met now is one: nobody is asked in the middle of a review, and nothing else is taken back for it.
    const policy = whole.policy === 'overwrite' ? ('overwrite' as const) : ('skip' as const);
    const run: EditRun = { ...whole, policy, progress: { done: 0, total, message: 'Reviewing' } };
    if (late) {
      const carried = await runChunk(run, limits, async () => {
        await carryOutLate(run);
        return 'nothing left';
      });
      if (carried.state !== 'done') return carried;
    }
    await settleWords(
      run,
      marked.filter(({ verdict }) => verdict !== 'retry'),
    );
    const retried = marked.filter(({ verdict }) => verdict === 'retry');
    if (retried.length === 0) return { state: 'done', waitMs: 0, done: total, total };
    return retry(run, limits, buried ? 'undo' : 'apply', retried);
  };
  // Its own holder: two reviews of one edit take turns, and the edit's own late attempts are shut out.
  return underLease(dependencies, ref, live, 'Applying', work, ref.operationId);
}

async function retry(
  whole: EditRun,
  limits: ChunkLimits,
  direction: 'apply' | 'undo',
  retried: readonly ReviewEntry[],
): Promise<ChunkResult> {
  const ordinals = retried.map(({ entry }) => entry.ordinal);
  const run: EditRun = { ...whole, only: ordinals };
  await reopen(run, ordinals, direction);
  // Twice as many as there can be, lest one that cannot be settled is looked at for ever.
  for (let n = 0; n <= 2 * ordinals.length && (await removeLateRecords(run)) > 0; n++);
  const chunk = await (direction === 'undo' ? compensateBatches(run, limits) : retryApplying(run, limits));
  await run.db.tenant(run.workspaceId, async (tx) => {
    const now = await readMarked(tx, run.editId, run.operationId);
    const settled = now.filter(
      ({ entry, verdict }) =>
        verdict === 'retry' && (chunk.state === 'done' || !OPEN[direction].includes(entry.state)),
    );
    await finishMarks(
      tx,
      run.editId,
      run.operationId,
      settled.map(({ entry }) => entry.ordinal),
    );
  });
  return chunk;
}

/** Puts changes where the journal is walked from: what may have landed is looked for, what was refused is sent anew. */
async function reopen(run: EditRun, ordinals: readonly number[], direction: 'apply' | 'undo'): Promise<void> {
  await run.db.tenant(run.workspaceId, async (tx) => {
    await holdLease(tx, run.lease);
    await tx.query(
      `UPDATE edit_changes SET state = CASE state WHEN 'unknown' THEN 'intended' WHEN 'undo_unknown' THEN 'undo_intended'
         WHEN 'undo_conflict' THEN 'landed' WHEN 'failed' THEN 'pending' ELSE state END
       WHERE edit_id = $1 AND ordinal = ANY($2) AND state = ANY($3)`,
      [
        run.editId,
        ordinals,
        direction === 'undo' ? ['unknown', 'undo_unknown', 'undo_conflict'] : ['unknown', 'failed'],
      ],
    );
    // What nobody can tell whose it is stays: nothing is deleted by guess.
    await tx.query(
      `UPDATE late_records SET state = 'found' WHERE edit_id = $1 AND ordinal = ANY($2) AND state = 'changed'`,
      [run.editId, ordinals],
    );
  });
}

/** Lets go of what a review did not carry out: nothing of it is written from now on, and others may decide. */
export async function releaseReview({ db }: Pick<EditDependencies, 'db'>, ref: EditRef): Promise<void> {
  const { workspaceId, editId, operationId } = ref;
  await buryStep(db, { workspaceId, operationId, step: REVIEW_STEP });
  await db.tenant(workspaceId, async (tx) => {
    // Whoever of this operation still holds the base loses it here.
    await tx.query(`UPDATE base_leases SET expires_at = '-infinity' WHERE holder = $1`, [operationId]);
    await releaseLateMarks(tx, editId, operationId);
    await releaseMarks(tx, editId, operationId);
  });
}
