import { createHash } from 'node:crypto';
import type { ApprovalRules } from '../../contracts/approvals';
import type { Tx } from '../database/database';
import { approveEdit, type EditRow } from '../edits/edit-rows';
import { isUndoBeyondQuota, readUndoCost } from '../edits/estimate-consent';
import { newId } from '../ids';
import type { Operations } from '../operations/operations';
import { closeApproval, findApproval, recordDecision, setTerms } from './approval-rows';
import { personsNeeded, type EditSize } from './rules';
import { readSideEffects } from './side-effects';
import { noteAudit } from './trail';

/** The name under which the rule decides. */
export const SMALL_EDITS_RULE = 'autoApprove';
const SYSTEM = 'system';
/** See `maxRecordsPerDay` in contracts/approvals.ts. */
const DAY_FACTOR = 10;

/**
 * Approves a small edit by the workspace's rule, and stages its operation in the same transaction: the sweeper of lost starts
 * starts it within seconds. False where the rule does not cover it: a revert never is, nor what needs two persons, a
 * connection that is read-only, what needs a consent that nobody gave, or one small edit too many of one person in a day.
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

/** Whether the rule as it stands lets an edit of this size and these kinds of changes go by itself, seen alone. */
export async function isCoveredByRule(
  tx: Tx,
  rules: ApprovalRules,
  edit: Pick<EditRow, 'id' | 'kind'>,
  size: EditSize,
): Promise<boolean> {
  const { autoApprove } = rules;
  if (autoApprove === null || edit.kind === 'revert') return false;
  if (size.records > autoApprove.maxRecords || personsNeeded(rules, size) > 1) return false;
  const { rows } = await tx.query<{ kinds: string[] }>(
    `SELECT coalesce(array_agg(DISTINCT kind), '{}') AS kinds FROM edit_changes WHERE edit_id = $1`,
    [edit.id],
  );
  const given: readonly string[] = autoApprove.kinds;
  return rows[0]?.kinds.every((kind) => given.includes(kind)) ?? false;
}

async function covers(tx: Tx, rules: ApprovalRules, edit: EditRow, size: EditSize): Promise<boolean> {
  if (!(await isCoveredByRule(tx, rules, edit, size))) return false;
  const { rows } = await tx.query<{ writable: boolean }>('SELECT writable FROM connections WHERE id = $1', [
    edit.connection_id,
  ]);
  if (rows[0]?.writable !== true || !(await fitsTheDay(tx, rules, edit, size))) return false;
  return !isUndoBeyondQuota(await readUndoCost(tx, edit.id));
}

/** Whether it is small still together with what the rule approved of the same person within a day. One at a time decides. */
async function fitsTheDay(
  tx: Tx,
  rules: ApprovalRules,
  { workspace_id: workspaceId, proposed_by: proposedBy }: EditRow,
  size: EditSize,
): Promise<boolean> {
  await tx.query('SELECT pg_advisory_xact_lock(hashtextextended($1, 7244))', [
    `${workspaceId}/${proposedBy}`,
  ]);
  const { rows } = await tx.query<EditSize>(
    `SELECT coalesce(sum(a.records), 0)::int AS records, coalesce(sum(a.deletions), 0)::int AS deletions
     FROM approvals a JOIN approval_decisions d USING (workspace_id, edit_id)
     WHERE a.state = 'approved' AND a.proposed_by = $1 AND a.decided_at > clock_timestamp() - interval '24 hours' AND d.via = 'rule'`,
    [proposedBy],
  );
  const { records = 0, deletions = 0 } = rows[0] ?? {};
  const day = { records: records + size.records, deletions: deletions + size.deletions };
  return day.records <= dayLimit(rules) && personsNeeded(rules, day) === 1;
}

const dayLimit = ({ autoApprove }: ApprovalRules): number =>
  autoApprove === null ? 0 : (autoApprove.maxRecordsPerDay ?? autoApprove.maxRecords * DAY_FACTOR);
