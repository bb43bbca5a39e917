import { ApproverRole } from '../../contracts/approvals';
import type { Role } from '../../contracts/workspaces';
import type { Database, Tx } from '../database/database';
import { noteAudit } from './trail';
import { isApprover, readRules } from './rules';

/** Rows that one round looks after: the next follows soon. */
const AT_ONCE = 200;

/** Marks what nobody decided on in time, audited; returns how many. Processes that do it at once share the work. */
export function expireApprovals(db: Database): Promise<number> {
  return db.system(async (tx) => {
    const { rowCount } = await tx.query(
      `WITH late AS (SELECT workspace_id, edit_id FROM approvals WHERE state = 'open' AND expires_at <= now()
         ORDER BY expires_at LIMIT $1 FOR UPDATE SKIP LOCKED),
       closed AS (UPDATE approvals a SET state = 'expired', decided_at = now() FROM late l
         WHERE a.workspace_id = l.workspace_id AND a.edit_id = l.edit_id RETURNING a.workspace_id, a.edit_id),
       moved AS (UPDATE edits e SET state = 'expired' FROM closed c
         WHERE e.workspace_id = c.workspace_id AND e.id = c.edit_id AND e.state = 'proposed')
       INSERT INTO audit (workspace_id, actor, action, subject) SELECT workspace_id, 'system', 'edit.expired', edit_id FROM closed`,
      [AT_ONCE],
    );
    return rowCount ?? 0;
  });
}

/**
 * Notes for each proposal that has waited long enough that those who may approve it are to be reminded, and whom; returns how
 * many. What is noted is shown with the edit and in the list of what waits.
 */
export function remindApprovers(db: Database): Promise<number> {
  return db.system(async (tx) => {
    const { rows } = await tx.query<{ workspace_id: string; edit_id: string }>(
      `SELECT workspace_id, edit_id FROM approvals WHERE state = 'open' AND remind_at <= now() AND expires_at > now()
       ORDER BY remind_at LIMIT $1 FOR UPDATE SKIP LOCKED`,
      [AT_ONCE],
    );
    for (const row of rows) await remind(tx, row.workspace_id, row.edit_id);
    return rows.length;
  });
}

async function remind(tx: Tx, workspaceId: string, editId: string): Promise<void> {
  const rules = await readRules(tx, workspaceId);
  const { rows } = await tx.query<{ user_id: string; role: Role }>(
    `SELECT user_id, role FROM memberships m WHERE workspace_id = $1 AND role = ANY($3) AND NOT EXISTS
       (SELECT 1 FROM approval_decisions d WHERE d.workspace_id = $1 AND d.edit_id = $2 AND d.user_id = m.user_id)
     ORDER BY user_id`,
    [workspaceId, editId, ApproverRole.options],
  );
  await tx.query(
    `UPDATE approvals SET reminded_at = now(), remind_at = now() + make_interval(hours => $3)
     WHERE workspace_id = $1 AND edit_id = $2`,
    [workspaceId, editId, rules.remindAfterHours],
  );
  await noteAudit(tx, {
    workspaceId,
    actor: 'system',
    action: 'edit.approval_reminded',
    subject: editId,
    details: { users: rows.filter((m) => isApprover(rules, m.user_id, m.role)).map((m) => m.user_id) },
  });
}
