import { z } from 'zod';
import type { ApprovalDecision } from '../../contracts/approvals';
import { ApprovalState } from '../../contracts/approvals';
import { ConflictPolicy } from '../../contracts/edits';
import type { Role } from '../../contracts/workspaces';
import type { Tx } from '../database/database';

const Row = z.object({
  workspace_id: z.string(),
  edit_id: z.string(),
  hash: z.string(),
  connection_id: z.string(),
  base_id: z.string(),
  proposed_by: z.string(),
  records: z.number(),
  deletions: z.number(),
  state: ApprovalState,
  conflicts: ConflictPolicy.nullable(),
  chosen: z.array(z.number()).nullable(),
  operation_id: z.string().nullable(),
  expires_at: z.date(),
  reminded_at: z.date().nullable(),
  /** Whether it can still be decided, by the database’s clock. */
  open: z.boolean(),
});
export type ApprovalRow = z.infer<typeof Row>;

const COLUMNS = `workspace_id, edit_id, hash, connection_id, base_id, proposed_by, records, deletions, state, conflicts, chosen,
  operation_id, expires_at, reminded_at, state = 'open' AND expires_at > clock_timestamp() AS open`;

/** Opens a planned edit for approval: bound to the change set, connection and base that it has now. */
export async function openApproval(tx: Tx, editId: string, remindAfterHours: number | null): Promise<void> {
  await tx.query(
    `INSERT INTO approvals (workspace_id, edit_id, hash, connection_id, base_id, proposed_by, records, deletions, expires_at, remind_at)
     SELECT workspace_id, id, hash, connection_id, base_id, proposed_by, (preview->'counts'->>'records')::int,
       (preview->'counts'->>'deletes')::int, expires_at, now() + make_interval(hours => $2)
     FROM edits WHERE id = $1`,
    [editId, remindAfterHours],
  );
}

/** The approval of an edit; undefined where there is none (yet). `lock`: whoever decides on it next waits for this transaction. */
export async function findApproval(
  tx: Tx,
  editId: string,
  lock: 'lock' | 'look',
): Promise<ApprovalRow | undefined> {
  const sql = `SELECT ${COLUMNS} FROM approvals WHERE edit_id = $1${lock === 'lock' ? ' FOR UPDATE' : ''}`;
  const { rows } = await tx.query(sql, [editId]);
  return rows[0] && Row.parse(rows[0]);
}

/** Moves an open approval on; false when it was decided, or ran out, meanwhile. */
export async function closeApproval(
  tx: Tx,
  editId: string,
  to:
    | { readonly state: 'approved'; readonly hash: string; readonly operationId: string }
    | { readonly state: 'rejected' },
): Promise<boolean> {
  const [hash, operationId] = to.state === 'approved' ? [to.hash, to.operationId] : [null, null];
  const { rowCount } = await tx.query(
    `UPDATE approvals SET state = $2, operation_id = $4, decided_at = clock_timestamp()
     WHERE edit_id = $1 AND state = 'open' AND expires_at > clock_timestamp() AND ($3::text IS NULL OR hash = $3)`,
    [editId, to.state, hash, operationId],
  );
  return rowCount === 1;
}

/** What the first approval chose: how conflicts are met, and which changes (null: all). */
export interface Terms {
  readonly conflicts: ConflictPolicy;
  readonly chosen: readonly number[] | null;
}

/** Notes what has to be chosen again by whoever approves next. */
export async function setTerms(tx: Tx, editId: string, { conflicts, chosen }: Terms): Promise<void> {
  await tx.query('UPDATE approvals SET conflicts = $2, chosen = $3 WHERE edit_id = $1', [
    editId,
    conflicts,
    chosen && JSON.stringify(chosen),
  ]);
}

export interface Decision {
  readonly userId: string;
  readonly via: ApprovalDecision['via'];
  /** The session, the token, or the name of the rule. */
  readonly credentialId: string;
  readonly verdict: ApprovalDecision['verdict'];
  readonly reason: string | null;
}

/** Records what somebody said; the last word of each person counts. */
export async function recordDecision(tx: Tx, approval: ApprovalRow, d: Decision): Promise<void> {
  await tx.query(
    `INSERT INTO approval_decisions (workspace_id, edit_id, user_id, verdict, via, credential_id, reason)
     VALUES ($1, $2, $3, $4, $5, $6, $7)
     ON CONFLICT (workspace_id, edit_id, user_id) DO UPDATE SET verdict = excluded.verdict, via = excluded.via,
       credential_id = excluded.credential_id, reason = excluded.reason, at = excluded.at`,
    [approval.workspace_id, approval.edit_id, d.userId, d.verdict, d.via, d.credentialId, d.reason],
  );
}

/** What somebody said of an edit, and the role they have now; without one they are no member any more. */
export type Said = Decision & { readonly editId: string; readonly at: Date; readonly role: Role | undefined };

/** Everything that was said of an edit, or of several, in order. */
export async function listDecisions(tx: Tx, editId: string | readonly string[]): Promise<Said[]> {
  const { rows } = await tx.query<
    Record<'edit_id' | 'user_id' | 'via' | 'credential_id' | 'verdict', string> & Found
  >(
    `SELECT d.edit_id, d.user_id, d.via, d.credential_id, d.verdict, d.reason, d.at, m.role FROM approval_decisions d
       LEFT JOIN memberships m ON m.workspace_id = d.workspace_id AND m.user_id = d.user_id
     WHERE d.edit_id = ANY($1) ORDER BY d.at, d.user_id`,
    [typeof editId === 'string' ? [editId] : editId],
  );
  return rows.map((row) => ({
    editId: row.edit_id,
    userId: row.user_id,
    via: row.via,
    credentialId: row.credential_id,
    verdict: row.verdict,
    reason: row.reason,
    at: row.at,
    role: row.role ?? undefined,
  }));
}

/**
 * Forgets approvals that do not count any more when somebody else approves: they may have been for other terms, and must not
 * count again should their persons come back. The trail keeps them.
 */
export async function withdrawDecisions(tx: Tx, editId: string, userIds: readonly string[]): Promise<void> {
  if (userIds.length === 0) return;
  await tx.query('DELETE FROM approval_decisions WHERE edit_id = $1 AND user_id = ANY($2)', [
    editId,
    userIds,
  ]);
}

interface Found {
  readonly via: Decision['via'];
  readonly verdict: Decision['verdict'];
  readonly reason: string | null;
  readonly at: Date;
  readonly role: Role | null;
}
