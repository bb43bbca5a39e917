import { SagatableError } from '../../contracts/errors';
import type { Tx } from '../database/database';
import type { Liveness } from '../liveness';
import { assertNotBuried, buryStep } from '../operations/steps';
import { applyBatches } from './apply';
import { readSchemaOnce } from './base-schema';
import { fieldsOf } from './cell-comparison';
import { clearToBegin } from './clearance';
import { compensateBatches } from './compensate';
import { readEdit } from './edit-rows';
import { APPLY_STEP, previewOf, type EditDependencies, type EditRef } from './edit-work';
import { countStates } from './journal';
import { countLost } from './late-requests';
import { sweepLate, type SweepResult } from './late-sweep';
import { createKeptFiles } from './kept-files';
import { wantsComments } from './kept-comments';
import { acquireLease, releaseLease } from './leases';
import { readMarkerFields } from './markers';
import { readMadeIds, withMadeTables } from './new-ids';
import type { ChunkLimits, ChunkResult, EditRun } from './run';

const CHUNK_MILLISECONDS = 30_000;
/** How soon to ask again for a base that another edit holds. */
const LEASE_POLL_MS = 5_000;

type Direction = 'Applying' | 'Undoing';

const limitsOf = ({ config }: EditDependencies): ChunkLimits => ({
  batches: config.chunkBatches,
  milliseconds: CHUNK_MILLISECONDS,
});

/**
 * Applies the next chunk of an approved edit. Throws Forbidden when its connection is read-only, and before the first chunk what
 * `clearToBegin` throws.
 */
export async function applyChunk(
  dependencies: EditDependencies,
  ref: EditRef,
  live: Liveness,
): Promise<ChunkResult> {
  const writable = await dependencies.db.tenant(ref.workspaceId, (tx) => mayWrite(tx, ref.editId));
  if (!writable)
    throw new SagatableError('Forbidden', 'The connection is read-only: switch it on to let edits write.', {
      code: 'connection_read_only',
    });
  return underLease(
    dependencies,
    ref,
    live,
    'Applying',
    async (run) => (await clearToBegin(run)) ?? applyBatches(run, limitsOf(dependencies)),
  );
}

/** Takes back the next chunk of what an edit has written. From the first of them on no attempt to apply writes any more. */
export async function compensateChunk(
  dependencies: EditDependencies,
  ref: EditRef,
  live: Liveness,
): Promise<ChunkResult> {
  const { workspaceId, operationId } = ref;
  await buryStep(dependencies.db, { workspaceId, operationId, step: APPLY_STEP });
  return underLease(dependencies, ref, live, 'Undoing', (run) =>
    compensateBatches(run, limitsOf(dependencies)),
  );
}

/**
 * Looks for what landed late of requests of the edit that got no answer, and takes it back; see sweepLate. To be called when
 * a chunk ended with some `unanswered`, until it says `done`.
 */
export async function sweepEdit(
  dependencies: EditDependencies,
  ref: EditRef,
  compensated: boolean,
  live: Liveness,
): Promise<SweepResult> {
  const { workspaceId, operationId } = ref;
  if (compensated) await buryStep(dependencies.db, { workspaceId, operationId, step: APPLY_STEP });
  return underLease(dependencies, ref, live, compensated ? 'Undoing' : 'Applying', (run) =>
    sweepLate(run, limitsOf(dependencies), compensated),
  );
}

async function mayWrite(tx: Tx, editId: string): Promise<boolean> {
  const edit = await readEdit(tx, editId);
  const { rows } = await tx.query<{ writable: boolean }>('SELECT writable FROM connections WHERE id = $1', [
    edit.connection_id,
  ]);
  return rows[0]?.writable ?? false;
}

/** Runs one chunk under the base's lease; asks the caller to wait while another edit (or another `holder`) has it. */
export async function underLease<R extends SweepResult>(
  { db, gateway, connections, operations, config, trail }: EditDependencies,
  ref: EditRef,
  live: Liveness,
  message: Direction,
  work: (run: EditRun) => Promise<R>,
  holder = ref.editId,
): Promise<R | ChunkResult> {
  const edit = await db.tenant(ref.workspaceId, (tx) => readEdit(tx, ref.editId));
  const preview = previewOf(edit);
  const total = preview.counts.changes;
  const left = await db.tenant(ref.workspaceId, (tx) => countOpen(tx, edit.id, message));
  const lease = await acquireLease(db, ref.workspaceId, edit.base_id, holder, left);
  if (!lease) return { state: 'wait', waitMs: LEASE_POLL_MS, done: 0, total };
  try {
    const { open, markers, tables, repostComments } = await db.tenant(ref.workspaceId, async (tx) => {
      // After the lease was taken: who took it before the tombstone loses it to the compensation, who takes it
      // after finds the tombstone.
      if (message === 'Applying') await assertNotBuried(tx, ref.operationId, APPLY_STEP);
      const base = { ...ref, connectionId: edit.connection_id, baseId: edit.base_id };
      return {
        open: await countOpen(tx, edit.id, message),
        markers: await readMarkerFields(tx, base),
        tables: withMadeTables(preview.tables, await readMadeIds(tx, edit.id)),
        repostComments: await wantsComments(tx, edit.id),
      };
    });
    const client = await gateway.open({ workspaceId: ref.workspaceId, id: edit.connection_id }, 'bulk');
    const chunk = await work({
      db,
      operations,
      trail,
      client,
      lease,
      ...ref,
      baseId: edit.base_id,
      fields: fieldsOf({ tables }),
      tables,
      readSchema: readSchemaOnce(client, edit.base_id, live.signal),
      markers,
      kept: createKeptFiles(
        { db, connections, config },
        { workspaceId: ref.workspaceId, id: edit.connection_id },
      ),
      repostComments,
      policy: edit.conflicts,
      lateWriteMs: config.lateWriteSeconds * 1_000,
      settleSeconds: config.settleSeconds,
      signal: live.signal,
      progress: { done: total - open, total, message },
    });
    if (chunk.state !== 'done') return chunk;
    const unanswered = await db.tenant(ref.workspaceId, (tx) => countLost(tx, edit.id));
    return unanswered ? { ...chunk, unanswered } : chunk;
  } finally {
    await releaseLease(db, lease);
  }
}

async function countOpen(tx: Tx, editId: string, message: Direction): Promise<number> {
  const { pending = 0, intended = 0, landed = 0, undo_intended = 0 } = await countStates(tx, editId);
  return message === 'Applying' ? pending + intended : landed + intended + undo_intended;
}
