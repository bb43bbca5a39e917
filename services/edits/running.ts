import { SagatableError } from '../../contracts/errors';
import type { Tx } from '../database/database';
import type { Liveness } from '../liveness';
import { assertNotBuried, buryStep } from '../operations/steps';
import { applyBatches } from './apply';
import { fieldsOf } from './cell-comparison';
import { compensateBatches } from './compensate';
import { moveEdit, readEdit } from './edit-rows';
import { APPLY_STEP, previewOf, type EditDependencies, type EditRef } from './edit-work';
import { countStates } from './journal';
import { acquireLease, releaseLease } from './leases';
import type { ChunkLimits, ChunkResult, EditRun } from './run';

const CHUNK_MILLISECONDS = 30_000;
/** How soon to ask again for a base that another edit holds. */
const LEASE_POLL_MS = 5_000;

type Direction = 'Applying' | 'Undoing';

const limitsOf = ({ config }: EditDependencies): ChunkLimits => ({
  batches: config.chunkBatches,
  milliseconds: CHUNK_MILLISECONDS,
});

/** Applies the next chunk of an approved edit. Throws Forbidden when its connection is read-only. */
export async function applyChunk(
  dependencies: EditDependencies,
  ref: EditRef,
  live: Liveness,
): Promise<ChunkResult> {
  const mayWrite = await dependencies.db.tenant(ref.workspaceId, (tx) => beginApplying(tx, ref.editId));
  if (!mayWrite)
    throw new SagatableError('Forbidden', 'The connection is read-only: switch it on to let edits write.', {
      code: 'connection_read_only',
    });
  return underLease(dependencies, ref, live, 'Applying', (run) => applyBatches(run, limitsOf(dependencies)));
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

async function beginApplying(tx: Tx, editId: string): Promise<boolean> {
  const edit = await readEdit(tx, editId);
  await moveEdit(tx, editId, ['approved'], 'applying');
  const { rows } = await tx.query<{ writable: boolean }>('SELECT writable FROM connections WHERE id = $1', [
    edit.connection_id,
  ]);
  return rows[0]?.writable ?? false;
}

/** Runs one chunk under the base's lease; asks the caller to wait while another edit has it. */
async function underLease(
  { db, gateway, operations, config }: EditDependencies,
  ref: EditRef,
  live: Liveness,
  message: Direction,
  work: (run: EditRun) => Promise<ChunkResult>,
): Promise<ChunkResult> {
  const edit = await db.tenant(ref.workspaceId, (tx) => readEdit(tx, ref.editId));
  const preview = previewOf(edit);
  const total = preview.counts.changes;
  const lease = await acquireLease(db, ref.workspaceId, edit.base_id, edit.id);
  if (!lease) return { state: 'wait', waitMs: LEASE_POLL_MS, done: 0, total };
  try {
    const open = await db.tenant(ref.workspaceId, async (tx) => {
      // After the lease was taken: who took it before the tombstone loses it to the compensation, who takes it
      // after finds the tombstone.
      if (message === 'Applying') await assertNotBuried(tx, ref.operationId, APPLY_STEP);
      return countOpen(tx, edit.id, message);
    });
    return await work({
      db,
      operations,
      client: await gateway.open({ workspaceId: ref.workspaceId, id: edit.connection_id }, 'bulk'),
      lease,
      ...ref,
      baseId: edit.base_id,
      fields: fieldsOf(preview),
      tables: preview.tables,
      policy: edit.conflicts,
      lateWriteMs: config.lateWriteSeconds * 1_000,
      signal: live.signal,
      progress: { done: total - open, total, message },
    });
  } finally {
    await releaseLease(db, lease);
  }
}

async function countOpen(tx: Tx, editId: string, message: Direction): Promise<number> {
  const { pending = 0, intended = 0, landed = 0, undo_intended = 0 } = await countStates(tx, editId);
  return message === 'Applying' ? pending + intended : landed + intended + undo_intended;
}
