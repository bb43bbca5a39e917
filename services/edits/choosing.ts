import { SagatableError } from '../../contracts/errors';
import type { Tx } from '../database/database';

/** Throws InvalidInput `unknown_change` for an ordinal that the change set does not have. */
export async function assertChangesExist(tx: Tx, editId: string, only: readonly number[]): Promise<void> {
  const known = await tx.query('SELECT 1 FROM edit_changes WHERE edit_id = $1 AND ordinal = ANY($2)', [
    editId,
    only,
  ]);
  if (known.rowCount === new Set(only).size) return;
  throw new SagatableError(
    'InvalidInput',
    '`only` names changes that this change set does not have: use the ordinals of its preview.',
    { code: 'unknown_change' },
  );
}

/**
 * Leaves out what the approval did not choose; an option is carried by the records that use it. Throws InvalidInput
 * `unknown_change` for an ordinal that is not there.
 */
export async function chooseChanges(
  tx: Tx,
  editId: string,
  only: readonly number[] | undefined,
): Promise<void> {
  if (only === undefined) return;
  await assertChangesExist(tx, editId, only);
  await tx.query(
    `UPDATE edit_changes SET state = 'skipped', reason = 'not chosen' WHERE edit_id = $1 AND NOT ordinal = ANY($2) AND kind <> 'createOption'`,
    [editId, only],
  );
}
