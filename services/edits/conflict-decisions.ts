import type { ConflictsDecided, DecideConflictsInput } from '../../contracts/conflicts';
import { SagatableError } from '../../contracts/errors';
import type { Tx } from '../database/database';
import { assertNotBuried } from '../operations/steps';
import { readEdit } from './edit-rows';
import { APPLY_STEP } from './edit-work';
import { readWaiting } from './conflicts';

/**
 * Decides on conflicts that wait; of two persons at once one wins. An overwrite is written by the edit, which compares the
 * record once more: where it was changed again it is a conflict again. Throws Conflict `conflicts_decided` when one of them
 * does not wait (any more), `conflict_moved` when it was asked about anew since `now` was shown, `edit_not_waiting` when the
 * edit does not run or is being taken back. Then nothing is decided.
 */
export async function decideConflicts(
  tx: Tx,
  editId: string,
  by: string,
  { ordinals, decision, now }: DecideConflictsInput,
): Promise<ConflictsDecided> {
  const edit = await readEdit(tx, editId);
  if (edit.state !== 'applying' || edit.operation_id === null) throw notWaiting();
  await assertNotBuried(tx, edit.operation_id, APPLY_STEP).catch(() => {
    throw notWaiting();
  });
  const { rows } = await tx.query<{ ordinal: number; digest: string }>(
    `SELECT ordinal, digest FROM edit_conflicts WHERE edit_id = $1 AND decision IS NULL AND expires_at > clock_timestamp()
       AND ($2::int[] IS NULL OR ordinal = ANY($2)) ORDER BY ordinal FOR UPDATE`,
    [editId, ordinals ?? null],
  );
  if (rows.length === 0 || (ordinals && rows.length < new Set(ordinals).size)) {
    throw new SagatableError('Conflict', 'Not all of these wait for a decision any more: look again.', {
      code: 'conflicts_decided',
    });
  }
  const moved = rows.filter((row) => now && now[row.ordinal] !== row.digest).map((row) => row.ordinal);
  if (moved.length) {
    throw new SagatableError(
      'Conflict',
      'Somebody changed these records again, or they are not among those shown: look at their present values first.',
      { code: 'conflict_moved', details: { ordinals: moved.slice(0, 100) } },
    );
  }
  const decided = rows.map((row) => row.ordinal);
  await tx.query(
    `UPDATE edit_conflicts SET decision = $3, decided_by = $4, decided_at = clock_timestamp() WHERE edit_id = $1 AND ordinal = ANY($2)`,
    [editId, decided, decision, by],
  );
  await tx.query(
    decision === 'overwrite'
      ? `UPDATE edit_changes SET state = 'pending' WHERE edit_id = $1 AND ordinal = ANY($2) AND state = 'conflict'`
      : `UPDATE edit_changes SET reason = reason || '; left as it is: decided by a person' WHERE edit_id = $1 AND ordinal = ANY($2) AND state = 'conflict'`,
    [editId, decided],
  );
  if (decision === 'overwrite') {
    // One that no record was left to carry may have one again.
    await tx.query(
      `UPDATE edit_changes SET state = 'pending', reason = NULL WHERE edit_id = $1 AND kind = 'createOption' AND state = 'skipped'`,
      [editId],
    );
  }
  await tx.query(
    `INSERT INTO audit (workspace_id, actor, action, subject, details) VALUES ($1, $2, 'edit.conflicts_decided', $3, $4)`,
    [edit.workspace_id, by, editId, JSON.stringify({ decision, ordinals: decided })],
  );
  return { decided: decided.length, open: (await readWaiting(tx, editId))?.count ?? 0 };
}

/** Leaves alone, and says so, what nobody decided on in time. */
export async function skipExpired(tx: Tx, editId: string): Promise<void> {
  await tx.query(
    `WITH late AS (
       UPDATE edit_conflicts SET decision = 'skip', decided_at = clock_timestamp()
       WHERE edit_id = $1 AND decision IS NULL AND expires_at <= clock_timestamp() RETURNING ordinal)
     UPDATE edit_changes c SET reason = c.reason || '; left as it is: nobody decided in time'
     FROM late WHERE c.edit_id = $1 AND c.ordinal = late.ordinal AND c.state = 'conflict'`,
    [editId],
  );
}

function notWaiting(): SagatableError {
  return new SagatableError(
    'Conflict',
    'Only an edit that is being applied has conflicts to decide on: this one is not, or it is being taken back.',
    { code: 'edit_not_waiting' },
  );
}
