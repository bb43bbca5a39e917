import type { Role } from '../../contracts/workspaces';
import type { Tx } from '../database/database';
import { readEdit } from '../edits/edit-rows';
import { findApproval } from './approval-rows';
import { assertMayApprove, type Principal } from './principal';
import { readRules } from './rules';

/**
 * Whether somebody may say what becomes of an edit that was approved: overwrite what met a conflict, settle or try again what
 * has no clear end. That goes by the rules of the approval itself, or it would be a way around them. Throws Forbidden
 * (`not_an_approver`, `own_proposal`); NotFound where there is no such edit.
 */
export async function assertMayDecide(
  tx: Tx,
  workspaceId: string,
  editId: string,
  who: Principal,
): Promise<void> {
  const edit = await readEdit(tx, editId);
  const approval = await findApproval(tx, editId, 'look');
  const rules = await readRules(tx, workspaceId);
  const { rows } = await tx.query<{ role: Role }>('SELECT role FROM memberships WHERE user_id = $1', [
    who.userId,
  ]);
  const size = { records: approval?.records ?? 0, deletions: approval?.deletions ?? 0 };
  assertMayApprove(rules, { ...size, proposedBy: edit.proposed_by }, who, rows[0]?.role);
}
