import { ApprovalRules, ApproverRole, type ApprovalRulesView } from '../../contracts/approvals';
import { SagatableError } from '../../contracts/errors';
import type { Role } from '../../contracts/workspaces';
import type { Tx } from '../database/database';
import { noteAudit } from './trail';

interface Row {
  readonly rules: unknown;
  readonly updated_by: string;
  readonly updated_at: Date;
}

/** The rules of a workspace, and who set them; the defaults where nobody did. */
export async function readRulesView(tx: Tx, workspaceId: string): Promise<ApprovalRulesView> {
  const sql = 'SELECT rules, updated_by, updated_at FROM approval_rules WHERE workspace_id = $1';
  const row = (await tx.query<Row>(sql, [workspaceId])).rows[0];
  return {
    ...ApprovalRules.parse(row?.rules ?? {}),
    updatedBy: row?.updated_by ?? null,
    updatedAt: row?.updated_at.toISOString() ?? null,
  };
}

/** The rules of a workspace as they stand. */
export async function readRules(tx: Tx, workspaceId: string): Promise<ApprovalRules> {
  const { updatedBy: _, updatedAt: __, ...rules } = await readRulesView(tx, workspaceId);
  return rules;
}

/** Replaces the rules, audited. Throws InvalidInput `not_an_approver` for a named user whose role may not approve. */
export async function saveRules(
  tx: Tx,
  workspaceId: string,
  rules: ApprovalRules,
  by: string,
): Promise<ApprovalRulesView> {
  const named = [...new Set(rules.approvers.users)];
  const { rows } = await tx.query<{ user_id: string }>(
    'SELECT user_id FROM memberships WHERE workspace_id = $1 AND user_id = ANY($2) AND role = ANY($3)',
    [workspaceId, named, ApproverRole.options],
  );
  const strangers = named.filter((id) => !rows.some((row) => row.user_id === id));
  if (strangers.length) {
    throw new SagatableError(
      'InvalidInput',
      `Only members whose role may approve (${ApproverRole.options.join(', ')}) can be named: not ${strangers.join(', ')}.`,
      { code: 'not_an_approver', details: { users: strangers } },
    );
  }
  await tx.query(
    `INSERT INTO approval_rules (workspace_id, rules, updated_by) VALUES ($1, $2, $3)
     ON CONFLICT (workspace_id) DO UPDATE SET rules = excluded.rules, updated_by = excluded.updated_by, updated_at = now()`,
    [workspaceId, JSON.stringify(rules), by],
  );
  await noteAudit(tx, {
    workspaceId,
    actor: by,
    action: 'approval_rules.changed',
    subject: workspaceId,
    details: rules,
  });
  return readRulesView(tx, workspaceId);
}

/** What of an edit the rules go by. */
export interface EditSize {
  readonly records: number;
  readonly deletions: number;
}

/** How many different persons have to approve an edit: 1 or 2. It counts as a whole, whatever of it is chosen. */
export function personsNeeded({ twoPersons }: ApprovalRules, { records, deletions }: EditSize): 1 | 2 {
  const { aboveRecords, aboveDeletions } = twoPersons;
  const many = aboveRecords !== null && records > aboveRecords;
  const gone = aboveDeletions !== null && deletions > aboveDeletions;
  return many || gone ? 2 : 1;
}

/** Whether somebody with this role is one of those who may approve. */
export function isApprover({ approvers }: ApprovalRules, userId: string, role: Role | undefined): boolean {
  const able = ApproverRole.safeParse(role);
  return able.success && (approvers.roles.includes(able.data) || approvers.users.includes(userId));
}
