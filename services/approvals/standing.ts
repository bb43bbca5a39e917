import { SagatableError } from '../../contracts/errors';
import { ROLE_SCOPES } from '../../contracts/roles';
import type { Role } from '../../contracts/workspaces';
import type { Database, Tx } from '../database/database';
import { readEdit, type EditRow } from '../edits/edit-rows';
import type { EditRef } from '../edits/edit-work';
import { findApproval, listDecisions, type ApprovalRow, type Said } from './approval-rows';
import { countApprovals } from './counting';
import { personsNeeded, readRules } from './rules';
import { isCoveredByRule } from './small-edits';

/**
 * Throws Conflict unless the edit may begin: `not_approved` where no approval names this very operation and change set, and
 * `approval_withdrawn` where one who approved may not approve any more, by their role or the rules as they are now, their
 * token was revoked, the rules ask for more persons, or the rule that approved it does not cover it any more.
 */
export async function assertApprovalStands(
  db: Database,
  { workspaceId, editId, operationId }: EditRef,
): Promise<void> {
  const given = await db.tenant(workspaceId, async (tx) => {
    const edit = await readEdit(tx, editId);
    const approval = await findApproval(tx, editId, 'look');
    const said = (await listDecisions(tx, editId)).filter((d) => d.verdict === 'approved');
    if (!approval || !isBound(approval, edit, operationId) || said.length === 0) {
      throw notApproved();
    }
    if (said.some(({ via }) => via === 'rule')) await assertRuleStands(tx, edit, approval);
    else await assertPersonsStand(tx, approval, said);
    return said;
  });
  await assertTokensLive(db, given);
}

/** What an operation is answered that no approval names. */
export function notApproved(): SagatableError {
  return new SagatableError('Conflict', 'No approval allows this operation to write: nothing was written.', {
    code: 'not_approved',
  });
}

const isBound = (approval: ApprovalRow, edit: EditRow, operationId: string): boolean =>
  approval.state === 'approved' &&
  approval.operation_id === operationId &&
  approval.hash === edit.hash &&
  approval.connection_id === edit.connection_id &&
  approval.base_id === edit.base_id;

async function assertPersonsStand(tx: Tx, approval: ApprovalRow, said: readonly Said[]): Promise<void> {
  const rules = await readRules(tx, approval.workspace_id);
  const { counting, lapsed } = countApprovals(rules, approval, said);
  if (lapsed.length > 0) throw withdrawn('Somebody who approved it may not approve edits any more');
  if (counting.length < personsNeeded(rules, approval))
    throw withdrawn('By the rules as they are now more persons have to approve it');
}

async function assertRuleStands(tx: Tx, edit: EditRow, approval: ApprovalRow): Promise<void> {
  const rules = await readRules(tx, edit.workspace_id);
  if (!(await isCoveredByRule(tx, rules, edit, approval)))
    throw withdrawn(
      'The rule for small edits that approved it was switched off, or does not cover it any more',
    );
  const { rows } = await tx.query<{ role: Role }>('SELECT role FROM memberships WHERE user_id = $1', [
    edit.proposed_by,
  ]);
  const role = rows[0]?.role;
  if (role === undefined || !ROLE_SCOPES[role].includes('edits:propose'))
    throw withdrawn('Who proposed it may not propose edits any more');
}

/** One that ran out since was good when it was used; one that is gone was taken away. */
async function assertTokensLive(db: Database, approvals: readonly Said[]): Promise<void> {
  const ids = approvals.filter((d) => d.via === 'token').map((d) => d.credentialId);
  if (ids.length === 0) return;
  const { rowCount } = await db.system((tx) =>
    tx.query('SELECT 1 FROM personal_tokens WHERE id = ANY($1)', [ids]),
  );
  if ((rowCount ?? 0) < new Set(ids).size) throw withdrawn('A token that approved it was revoked');
}

function withdrawn(why: string): SagatableError {
  return new SagatableError('Conflict', `${why}: nothing was written. Propose the edit again.`, {
    code: 'approval_withdrawn',
  });
}
