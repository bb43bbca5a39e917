import type { EditApproval, PendingApproval } from '../../contracts/approvals';
import type { Role } from '../../contracts/workspaces';
import { ROLE_SCOPES } from '../../contracts/roles';
import type { Tx } from '../database/database';
import { findApproval, listDecisions } from './approval-rows';
import { countApprovals } from './counting';
import { mayApproveOwn, type Principal } from './principal';
import { isApprover, personsNeeded, readRules } from './rules';
import { readSideEffects } from './side-effects';

/** How an edit stands with those who approve; undefined before it is planned. */
export async function viewApproval(
  tx: Tx,
  workspaceId: string,
  editId: string,
): Promise<EditApproval | undefined> {
  const approval = await findApproval(tx, editId, 'look');
  if (!approval) return undefined;
  const rules = await readRules(tx, workspaceId);
  const decisions = await listDecisions(tx, editId);
  // What was decided stays as it was; what is open is counted as the next approval will count it.
  const given = approval.open
    ? countApprovals(rules, approval, decisions).counting.length
    : decisions.filter((d) => d.verdict === 'approved').length;
  const needed = personsNeeded(rules, approval);
  return {
    state: approval.state === 'open' && !approval.open ? 'expired' : approval.state,
    personsNeeded: needed,
    missing: approval.open ? Math.max(0, needed - given) : 0,
    decisions: decisions.map(({ userId, via, credentialId, verdict, reason, at }) => ({
      by: userId,
      via,
      tokenId: via === 'token' ? credentialId : null,
      verdict,
      reason,
      at: at.toISOString(),
    })),
    terms:
      given > 0 && approval.conflicts !== null
        ? { conflicts: approval.conflicts, only: approval.chosen }
        : null,
    reason: decisions.find((d) => d.verdict === 'rejected')?.reason ?? null,
    remindedAt: approval.reminded_at?.toISOString() ?? null,
    sideEffects: await readSideEffects(tx, approval.connection_id),
  };
}

interface Row {
  readonly edit_id: string;
  readonly kind: 'edit' | 'revert';
  readonly base_id: string;
  readonly base_name: string;
  readonly headline: string | null;
  readonly hash: string;
  readonly proposed_by: string;
  readonly records: number;
  readonly deletions: number;
  readonly created_at: Date;
  readonly expires_at: Date;
  readonly reminded_at: Date | null;
}

/** Open edits that this principal may approve and has not, the oldest first; `after` is the edit that the page before ended with. */
export async function listPending(
  tx: Tx,
  workspaceId: string,
  who: Principal & { readonly role: Role },
  { limit, after }: { limit: number; after: string | undefined },
): Promise<PendingApproval[]> {
  const rules = await readRules(tx, workspaceId);
  const able = who.scopes.includes('edits:approve') && ROLE_SCOPES[who.role].includes('edits:approve');
  if (!able || !isApprover(rules, who.userId, who.role)) return [];
  const { aboveRecords, aboveDeletions } = rules.twoPersons;
  const { rows } = await tx.query<Row>(
    `WITH open AS (SELECT *, coalesce(records > $3, false) OR coalesce(deletions > $4, false) AS two
       FROM approvals WHERE state = 'open' AND expires_at > clock_timestamp())
     SELECT a.edit_id, e.kind, a.base_id, e.base_name, e.preview->>'headline' AS headline, a.hash, a.proposed_by, a.records,
       a.deletions, a.created_at, a.expires_at, a.reminded_at
     FROM open a JOIN edits e ON e.workspace_id = a.workspace_id AND e.id = a.edit_id
     WHERE (a.proposed_by <> $1 OR CASE WHEN a.two THEN $6::boolean ELSE $5::boolean END)
       AND NOT EXISTS (SELECT 1 FROM approval_decisions d WHERE d.edit_id = a.edit_id AND d.user_id = $1)
       AND ($2::text IS NULL OR (a.created_at, a.edit_id) > (SELECT created_at, edit_id FROM approvals WHERE edit_id = $2))
     ORDER BY a.created_at, a.edit_id LIMIT $7`,
    [
      who.userId,
      after ?? null,
      aboveRecords,
      aboveDeletions,
      mayApproveOwn(rules, who, 1),
      mayApproveOwn(rules, who, 2),
      limit,
    ],
  );
  const ids = rows.map((row) => row.edit_id);
  const said = ids.length > 0 ? await listDecisions(tx, ids) : [];
  return rows.map((row) => {
    const needed = personsNeeded(rules, row);
    const own = said.filter(({ editId }) => editId === row.edit_id);
    const given = countApprovals(rules, row, own).counting.length;
    return {
      editId: row.edit_id,
      kind: row.kind,
      baseId: row.base_id,
      baseName: row.base_name,
      headline: row.headline ?? '',
      hash: row.hash,
      proposedBy: row.proposed_by,
      records: row.records,
      deletions: row.deletions,
      personsNeeded: needed,
      missing: Math.max(0, needed - given),
      createdAt: row.created_at.toISOString(),
      expiresAt: row.expires_at.toISOString(),
      remindedAt: row.reminded_at?.toISOString() ?? null,
    };
  });
}
