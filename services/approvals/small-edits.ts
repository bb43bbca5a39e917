import { createHash } from 'node:crypto';
import type { ApprovalRules } from '../../contracts/approvals';
import type { Tx } from '../database/database';
import { approveEdit, type EditRow } from '../edits/edit-rows';
import { isUndoBeyondQuota, readUndoCost } from '../edits/estimate-consent';
import { newId } from '../ids';
import type { Operations } from '../operations/operations';
import { closeApproval, findApproval, recordDecision, setTerms } from './approval-rows';
import { personsNeeded } from './rules';
import { readSideEffects } from './side-effects';
import { noteAudit } from './trail';

/** The name under which the rule decides. */
export const SMALL_EDITS_RULE = 'autoApprove';
const SYSTEM = 'system';

/**
 * Approves a small edit by the workspace's rule, and stages its operation in the same transaction: the sweeper of lost starts
 * starts it within seconds. False where the rule does not cover it: a revert never is, nor what needs two persons, a
 * connection that is read-only, or what needs a consent that nobody gave.
 */
export async function approveByRule(
  tx: Tx,
  operations: Pick<Operations, 'insert'>,
  edit: EditRow,
  rules: ApprovalRules,
): Promise<boolean> {
  const approval = await findApproval(tx, edit.id, 'lock');
  if (!approval?.open || !(await covers(tx, rules, edit, approval))) return false;
  const { workspace_id: workspaceId, hash, connection_id, base_id: baseId } = approval;
  if ((await readSideEffects(tx, connection_id)) === 'unacknowledged') return false;
  const operationId = newId('operation');
  const terms = { conflicts: 'skip', chosen: null } as const;
  await setTerms(tx, edit.id, terms);
  await recordDecision(tx, approval, {
    userId: SYSTEM,
    via: 'rule',
    credentialId: SMALL_EDITS_RULE,
    verdict: 'approved',
    reason: null,
  });
  if (!(await closeApproval(tx, edit.id, { state: 'approved', hash, operationId }))) return false;
  const decision = { hash, by: SYSTEM, conflicts: terms.conflicts, operationId };
  const approved = await approveEdit(tx, edit.id, decision);
  const key = `rule/${edit.id}`;
  const digest = createHash('sha256').update(`${workspaceId}\n${key}`).digest('hex').slice(0, 32);
  await operations.insert(tx, {
    id: operationId,
    workspaceId,
    name: 'applyEdit',
    scope: workspaceId,
    key,
    fingerprint: hash,
    actor: SYSTEM,
    input: { editId: edit.id },
    summary: `Apply: ${approved.preview?.headline ?? edit.id} of ${approved.base_name}`,
    workflowId: `applyEdit/${workspaceId}/${digest}`,
    editId: edit.id,
    baseId,
  });
  await noteAudit(tx, {
    workspaceId,
    actor: SYSTEM,
    action: 'edit.approved',
    subject: edit.id,
    details: {
      hash,
      chosen: 'all',
      conflicts: terms.conflicts,
      via: 'rule',
      rule: SMALL_EDITS_RULE,
      ...rules.autoApprove,
      operationId,
    },
  });
  return true;
}

async function covers(
  tx: Tx,
  rules: ApprovalRules,
  edit: EditRow,
  size: { records: number; deletions: number },
): Promise<boolean> {
  const { autoApprove } = rules;
  if (autoApprove === null || edit.kind === 'revert') return false;
  if (size.records > autoApprove.maxRecords || personsNeeded(rules, size) > 1) return false;
  const { rows } = await tx.query<{ writable: boolean; kinds: string[] }>(
    `SELECT coalesce((SELECT writable FROM connections WHERE id = $2), false) AS writable,
       (SELECT coalesce(array_agg(DISTINCT kind), '{}') FROM edit_changes WHERE edit_id = $1) AS kinds`,
    [edit.id, edit.connection_id],
  );
  const given: readonly string[] = autoApprove.kinds;
  if (rows[0]?.writable !== true || !rows[0].kinds.every((kind) => given.includes(kind))) return false;
  return !isUndoBeyondQuota(await readUndoCost(tx, edit.id));
}
