import { SagatableError } from '../../contracts/errors';
import { ROLE_SCOPES } from '../../contracts/roles';
import type { Scope } from '../../contracts/scopes';
import type { Role } from '../../contracts/workspaces';
import type { Database, Tx } from '../database/database';
import { readEdit } from '../edits/edit-rows';
import type { EditRef } from '../edits/edit-work';
import { findApproval, listDecisions } from './approval-rows';
import { readRules } from './rules';

type Decisions = Awaited<ReturnType<typeof listDecisions>>;

/**
 * Throws Conflict unless the edit may begin: `not_approved` where no approval names this very operation and change set, and
 * `approval_withdrawn` where one who approved may not approve any more, their token was revoked, or the rule that did is gone.
 */
export async function assertApprovalStands(
  db: Database,
  { workspaceId, editId, operationId }: EditRef,
): Promise<void> {
  const approvals = await db.tenant(workspaceId, async (tx) => {
    const edit = await readEdit(tx, editId);
    const approval = await findApproval(tx, editId, 'look');
    const bound =
      approval?.state === 'approved' &&
      approval.operation_id === operationId &&
      approval.hash === edit.hash &&
      approval.connection_id === edit.connection_id &&
      approval.base_id === edit.base_id;
    const given = (await listDecisions(tx, editId)).filter((d) => d.verdict === 'approved');
    if (!bound || given.length === 0) {
      throw new SagatableError(
        'Conflict',
        'No approval allows this operation to write: nothing was written.',
        {
          code: 'not_approved',
        },
      );
    }
    for (const { via, role } of given) {
      if (via === 'rule') await assertRuleStands(tx, workspaceId, edit.proposed_by);
      else if (!holds(role, 'edits:approve'))
        throw withdrawn('Somebody who approved it may not approve edits any more');
    }
    return given;
  });
  await assertTokensLive(db, approvals);
}

async function assertRuleStands(tx: Tx, workspaceId: string, proposedBy: string): Promise<void> {
  const { autoApprove } = await readRules(tx, workspaceId);
  if (autoApprove === null) throw withdrawn('The rule for small edits that approved it was switched off');
  const { rows } = await tx.query<{ role: Role }>('SELECT role FROM memberships WHERE user_id = $1', [
    proposedBy,
  ]);
  if (!holds(rows[0]?.role, 'edits:propose'))
    throw withdrawn('Who proposed it may not propose edits any more');
}

/** One that ran out since was good when it was used; one that is gone was taken away. */
async function assertTokensLive(db: Database, approvals: Decisions): Promise<void> {
  const ids = approvals.filter((d) => d.via === 'token').map((d) => d.credentialId);
  if (ids.length === 0) return;
  const { rowCount } = await db.system((tx) =>
    tx.query('SELECT 1 FROM personal_tokens WHERE id = ANY($1)', [ids]),
  );
  if ((rowCount ?? 0) < new Set(ids).size) throw withdrawn('A token that approved it was revoked');
}

const holds = (role: Role | undefined, scope: Scope) =>
  role !== undefined && ROLE_SCOPES[role].includes(scope);

function withdrawn(why: string): SagatableError {
  return new SagatableError('Conflict', `${why}: nothing was written. Propose the edit again.`, {
    code: 'approval_withdrawn',
  });
}
