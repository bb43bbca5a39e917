import { SagatableError } from '../../contracts/errors';
import type { Tx } from '../database/database';
import { RecordDraft, type DraftKind } from './record-drafts';

/** A draft as it is stored: `seq` tells the order in which what it is about was first planned. */
export interface PlannedRow {
  readonly subject: string;
  readonly seq: number;
  readonly kind: DraftKind | 'none';
  readonly table_id: string;
  readonly size: number;
  readonly draft: RecordDraft;
}

interface StoredRow {
  readonly subject: string;
  readonly seq: number;
  readonly draft: unknown;
  [column: string]: unknown;
}

/** Whose plan it is: of attempts at once the one that began last goes on. */
export interface PlanClaim {
  readonly workspaceId: string;
  readonly editId: string;
  readonly attempt: string;
}

/** Begins to store a plan, without what an earlier attempt left. Throws as `assertOurs`. */
export async function claimPlan(tx: Tx, { editId, attempt }: PlanClaim): Promise<void> {
  const { rowCount } = await tx.query(
    `UPDATE edits SET plan_attempt = $2 WHERE id = $1 AND state = 'planning'`,
    [editId, attempt],
  );
  assertOurs(rowCount === 1);
  await clearPlanned(tx, editId);
}

/** Locks the edit for as long as the transaction lasts: whether it still waits for its plan, and for no other attempt's. */
export async function holdPlan(
  tx: Tx,
  { editId }: { editId: string },
  attempt: string | null,
): Promise<boolean> {
  const { rows } = await tx.query<{ state: string; plan_attempt: string | null }>(
    'SELECT state, plan_attempt FROM edits WHERE id = $1 FOR NO KEY UPDATE',
    [editId],
  );
  if (rows[0]?.state !== 'planning') return false;
  assertOurs(attempt === null || rows[0].plan_attempt === attempt);
  return true;
}

/** What is stored already of these subjects. */
export async function readPlanned(
  tx: Tx,
  { editId }: PlanClaim,
  subjects: readonly string[],
): Promise<Map<string, Pick<PlannedRow, 'seq' | 'draft'>>> {
  const { rows } = await tx.query<StoredRow>(
    'SELECT subject, seq, draft FROM planned_changes WHERE edit_id = $1 AND subject = ANY($2)',
    [editId, subjects],
  );
  return new Map(rows.map(({ subject, seq, draft }) => [subject, { seq, draft: RecordDraft.parse(draft) }]));
}

/** Stores drafts, in place of earlier ones of the same subjects. Throws as `assertOurs`. */
export async function writePlanned(tx: Tx, claim: PlanClaim, rows: readonly PlannedRow[]): Promise<void> {
  const { rowCount } = await tx.query(
    `WITH ours AS (SELECT 1 FROM edits WHERE id = $2 AND state = 'planning' AND plan_attempt = $3 FOR SHARE)
     INSERT INTO planned_changes (workspace_id, edit_id, subject, seq, kind, table_id, size, draft)
     SELECT $1, $2, r.subject, r.seq, r.kind, r.table_id, r.size, r.draft
     FROM ours, json_to_recordset($4::json) AS r(subject text, seq int, kind text, table_id text, size int, draft json)
     ON CONFLICT (workspace_id, edit_id, subject) DO UPDATE SET kind = excluded.kind, size = excluded.size, draft = excluded.draft`,
    [claim.workspaceId, claim.editId, claim.attempt, JSON.stringify(rows)],
  );
  assertOurs(rowCount === rows.length);
}

/** Which kinds of changes of which tables there are, in the order in which they were first planned. */
export async function readPlannedTables(
  tx: Tx,
  editId: string,
): Promise<{ kind: DraftKind; tableId: string }[]> {
  const { rows } = await tx.query<{ kind: DraftKind; table_id: string }>(
    `SELECT kind, table_id FROM planned_changes WHERE edit_id = $1 AND kind <> 'none' GROUP BY kind, table_id ORDER BY min(seq)`,
    [editId],
  );
  return rows.map(({ kind, table_id: tableId }) => ({ kind, tableId }));
}

/** The next drafts of a kind and table after `seq`: at least one, then as many as fit both limits. */
export async function readPlannedPage(
  tx: Tx,
  editId: string,
  of: { readonly kind: DraftKind; readonly tableId: string; readonly after: number },
  limits: { readonly rows: number; readonly characters: number },
): Promise<Pick<PlannedRow, 'seq' | 'draft'>[]> {
  const { rows } = await tx.query<StoredRow>(
    `SELECT subject, seq, draft FROM (
       SELECT subject, seq, draft, sum(size) OVER (ORDER BY seq) - size AS before FROM (
         SELECT subject, seq, size, draft FROM planned_changes WHERE edit_id = $1 AND kind = $2 AND table_id = $3 AND seq > $4
         ORDER BY seq LIMIT $5) next) page
     WHERE before < $6 ORDER BY seq`,
    [editId, of.kind, of.tableId, of.after, limits.rows, limits.characters],
  );
  return rows.map(({ seq, draft }) => ({ seq, draft: RecordDraft.parse(draft) }));
}

/** Removes what was stored on the way to a change set. */
export async function clearPlanned(tx: Tx, editId: string): Promise<void> {
  await tx.query('DELETE FROM planned_changes WHERE edit_id = $1', [editId]);
}

/** The same for what this attempt stored, where no other has begun. */
export async function discardPlanned(tx: Tx, { editId, attempt }: PlanClaim): Promise<void> {
  await tx.query(
    `DELETE FROM planned_changes p USING edits e
     WHERE p.edit_id = $1 AND (e.workspace_id, e.id) = (p.workspace_id, p.edit_id) AND e.plan_attempt = $2`,
    [editId, attempt],
  );
}

/** Throws Conflict `planned_elsewhere`, to be tried again: the attempt that goes on may not end well either. */
function assertOurs(ours: boolean): void {
  if (ours) return;
  throw new SagatableError('Conflict', 'Another attempt plans this edit: this one stops.', {
    code: 'planned_elsewhere',
    retryable: true,
  });
}
