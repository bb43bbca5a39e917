import type { Tx } from '../database/database';
import type { JournalEntry } from './journal';
import { holdLease } from './leases';
import type { EditRun } from './run';

/** A request without an answer that may still land. */
export interface LostRequest {
  readonly batch: string;
  readonly phase: 'apply' | 'undo';
  readonly kind: JournalEntry['change']['kind'];
  readonly tableId: string;
  readonly ordinals: readonly number[];
  readonly sentAt: Date;
}

/** Whether a request creates records: one of creations, or, undoing, of deleted records that are to come back. */
export function createsRecords({ phase, kind }: Pick<LostRequest, 'phase' | 'kind'>): boolean {
  return (phase === 'apply' && kind === 'create') || (phase === 'undo' && kind === 'delete');
}

/**
 * Writes down which requests of the edit got no answer: those whose entries are still `intended` or `undo_intended` although
 * nobody sends them any more, or the one of the given batch. Throws Conflict `fenced` where somebody else holds the base. To
 * be called under the lease, when nothing of this attempt is under way: whoever sent them before is shut out by the fence, so
 * that nothing of them leaves from now on. Whatever is done about the entries later, the request stays written down.
 */
export function noteLost(
  run: Pick<EditRun, 'db' | 'lease' | 'workspaceId' | 'editId'>,
  batch: string | null = null,
): Promise<void> {
  return run.db.tenant(run.workspaceId, async (tx) => {
    await holdLease(tx, run.lease);
    await tx.query(
      `INSERT INTO lost_requests (workspace_id, edit_id, batch, phase, kind, table_id, ordinals, sent_at)
       SELECT workspace_id, edit_id, batch, CASE WHEN bool_or(state = 'intended') THEN 'apply' ELSE 'undo' END,
         coalesce(max(kind) FILTER (WHERE kind <> 'createOption'), 'createOption'), max(table_id),
         array_agg(ordinal ORDER BY ordinal), coalesce(min(sent_at), clock_timestamp())
       FROM edit_changes WHERE workspace_id = $1 AND edit_id = $2 AND state IN ('intended', 'undo_intended')
         AND batch IS NOT NULL AND ($3::text IS NULL OR batch = $3)
       GROUP BY workspace_id, edit_id, batch ON CONFLICT DO NOTHING`,
      [run.workspaceId, run.editId, batch],
    );
  });
}

/** A request that was found in the base will not land once more. */
export async function noteLanded(
  run: Pick<EditRun, 'db' | 'workspaceId' | 'editId'>,
  batch: string | null,
): Promise<void> {
  await run.db.tenant(run.workspaceId, (tx) =>
    tx.query(`UPDATE lost_requests SET state = 'landed' WHERE edit_id = $1 AND batch = $2`, [
      run.editId,
      batch,
    ]),
  );
}

/**
 * One of the requests that carried the same as this one was found, nobody knows which: the oldest of those that may still land
 * counts as it. Airtable carries out each once.
 */
export async function noteOneLanded(tx: Tx, editId: string, batch: string | null): Promise<void> {
  await tx.query(
    `UPDATE lost_requests SET state = 'landed' WHERE edit_id = $1 AND batch = (
       SELECT o.batch FROM lost_requests o
       JOIN lost_requests l ON (l.workspace_id, l.edit_id, l.phase, l.ordinals) = (o.workspace_id, o.edit_id, o.phase, o.ordinals)
       WHERE o.edit_id = $1 AND l.batch = $2 AND o.state = 'open' ORDER BY o.sent_at, o.batch LIMIT 1)`,
    [editId, batch],
  );
}

/** Requests of the edit that may still land, the oldest first. */
export async function readLost(tx: Tx, editId: string): Promise<LostRequest[]> {
  const { rows } = await tx.query<{
    batch: string;
    phase: LostRequest['phase'];
    kind: LostRequest['kind'];
    table_id: string;
    ordinals: number[];
    sent_at: Date;
  }>(
    `SELECT batch, phase, kind, table_id, ordinals, sent_at FROM lost_requests WHERE edit_id = $1 AND state = 'open' ORDER BY sent_at, batch`,
    [editId],
  );
  return rows.map(({ table_id: tableId, sent_at: sentAt, ...row }) => ({ ...row, tableId, sentAt }));
}

/** How many requests of the edit may still land. */
export async function countLost(tx: Tx, editId: string): Promise<number> {
  const { rows } = await tx.query<{ n: number }>(
    `SELECT count(*)::int AS n FROM lost_requests WHERE edit_id = $1 AND state = 'open'`,
    [editId],
  );
  return rows[0]?.n ?? 0;
}
