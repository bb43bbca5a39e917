import type { EditState } from '../../contracts/edits';
import { SagatableError } from '../../contracts/errors';
import { assertNoDrift, findDrift, readConcerned } from '../approvals/schema-drift';
import { assertApprovalStands, notApproved } from '../approvals/standing';
import { moveEdit, readEdit } from './edit-rows';
import { holdLease } from './leases';
import { assertMarkersStand, readCreatedTables } from './marker-standing';
import type { ChunkResult, EditRun } from './run';

/** How soon to ask again for the schema after a limit that does not say when it ends. */
const LIMIT_POLL_MS = 5_000;

/** States of edits that nobody has let happen. */
const NEVER_APPROVED: readonly EditState[] = ['planning', 'proposed', 'rejected', 'expired', 'failed'];

/**
 * Checks once more, when an edit has its base and before its first write, what its approval rested on: those who approved
 * still may, and the schema is as it was for all that is to be written. Returns what to wait for, undefined when nothing
 * stands against it. Throws Conflict (`not_approved`, `approval_withdrawn`, `schema_changed`,
 * `marker_field_gone`); the edit then says why.
 */
export async function clearToBegin(run: EditRun): Promise<ChunkResult | undefined> {
  const { db, workspaceId, editId } = run;
  const edit = await db.tenant(workspaceId, (tx) => readEdit(tx, editId));
  if (edit.operation_id !== run.operationId || NEVER_APPROVED.includes(edit.state)) throw notApproved();
  if (edit.state !== 'approved') return undefined;
  try {
    await assertApprovalStands(db, run);
    const now = await run.client.getBaseSchema(run.baseId, { signal: run.signal });
    const concerned = await db.tenant(workspaceId, (tx) => readConcerned(tx, editId, run.tables));
    assertNoDrift(findDrift(run.tables, concerned, now));
    const created = await db.tenant(workspaceId, (tx) => readCreatedTables(tx, editId));
    assertMarkersStand(run, created, now);
  } catch (error) {
    if (!(error instanceof SagatableError)) throw error;
    const { done, total } = run.progress;
    if (error.code === 'airtable_quota') return { state: 'quota', waitMs: 0, done, total };
    if (error.kind === 'LimitReached')
      return { state: 'wait', waitMs: error.retryAfterMs ?? LIMIT_POLL_MS, done, total };
    if (error.kind === 'Conflict' && !error.retryable) await move(run, 'approved', error.message);
    throw error;
  }
  await move(run, 'applying', null);
  return undefined;
}

/** Under the lease: an attempt that lost it says nothing of the edit any more. */
async function move(
  { db, lease, workspaceId, editId }: EditRun,
  to: 'approved' | 'applying',
  error: string | null,
): Promise<void> {
  await db.tenant(workspaceId, async (tx) => {
    await holdLease(tx, lease);
    await moveEdit(tx, editId, ['approved'], to, error);
  });
}
