import { SagatableError } from '../../contracts/errors';
import type { MonthOfUsage } from '../../contracts/usage';
import type { Database } from '../database/database';
import type { TallyEntry } from './tally';

/**
 * Adds what was counted, for all tenants in one statement. Connections that are gone are left out, and those that are there
 * stay until it is stored: a removal meanwhile waits and takes the counts with it.
 */
export async function addCounts(db: Database, entries: readonly TallyEntry[]): Promise<void> {
  const sql = `INSERT INTO connection_usage AS u (workspace_id, connection_id, month, calls, meta_calls, saved, rate_limited,
      quota_refusals, quota_spent_at, quota_seen_at)
    SELECT n.* FROM jsonb_to_recordset($1) AS n(workspace_id text, connection_id text, month text, calls bigint, meta_calls bigint,
      saved bigint, rate_limited bigint, quota_refusals bigint, quota_spent_at timestamptz, quota_seen_at timestamptz)
    JOIN connections c ON c.workspace_id = n.workspace_id AND c.id = n.connection_id
    ORDER BY n.workspace_id, n.connection_id, n.month FOR KEY SHARE OF c
    ON CONFLICT (workspace_id, connection_id, month) DO UPDATE SET
      calls = u.calls + EXCLUDED.calls,
      meta_calls = u.meta_calls + EXCLUDED.meta_calls,
      saved = u.saved + EXCLUDED.saved,
      rate_limited = u.rate_limited + EXCLUDED.rate_limited,
      quota_refusals = u.quota_refusals + EXCLUDED.quota_refusals,
      quota_spent_at = CASE
        WHEN EXCLUDED.quota_seen_at IS NULL OR EXCLUDED.quota_seen_at < u.quota_seen_at THEN u.quota_spent_at
        WHEN EXCLUDED.quota_spent_at IS NULL THEN NULL
        ELSE coalesce(u.quota_spent_at, EXCLUDED.quota_spent_at) END,
      quota_seen_at = greatest(u.quota_seen_at, EXCLUDED.quota_seen_at)`;
  const rows = entries.map((e) => ({
    workspace_id: e.workspaceId,
    connection_id: e.connectionId,
    month: e.month,
    calls: e.calls,
    meta_calls: e.metaCalls,
    saved: e.saved,
    rate_limited: e.rateLimited,
    quota_refusals: e.quotaRefusals,
    quota_spent_at: e.quota?.spentAt ?? null,
    quota_seen_at: e.quota?.seenAt ?? null,
  }));
  await db.system((tx) => tx.query(sql, [JSON.stringify(rows)]));
}

interface Row {
  readonly month: string | null;
  readonly calls: string;
  readonly meta_calls: string;
  readonly saved: string;
  readonly rate_limited: string;
  readonly quota_refusals: string;
  readonly quota_spent_at: Date | null;
}

/** Months from `since` on in which something was counted, newest first. Throws NotFound, for another workspace's id as well. */
export async function readMonths(
  db: Database,
  workspaceId: string,
  connectionId: string,
  since: string,
): Promise<MonthOfUsage[]> {
  const sql = `SELECT u.* FROM connections c
    LEFT JOIN connection_usage u ON u.workspace_id = c.workspace_id AND u.connection_id = c.id AND u.month >= $3
    WHERE c.workspace_id = $1 AND c.id = $2 ORDER BY u.month DESC`;
  const { rows } = await db.tenant(workspaceId, (tx) =>
    tx.query<Row>(sql, [workspaceId, connectionId, since]),
  );
  if (!rows.length) {
    throw new SagatableError('NotFound', 'There is no such connection in this workspace.', {
      code: 'connection_not_found',
    });
  }
  return rows.flatMap((row) => (row.month === null ? [] : [viewOf(row.month, row)]));
}

const viewOf = (month: string, row: Row): MonthOfUsage => ({
  month,
  calls: Number(row.calls),
  metaCalls: Number(row.meta_calls),
  saved: Number(row.saved),
  rateLimited: Number(row.rate_limited),
  quotaRefusals: Number(row.quota_refusals),
  quotaSpentAt: row.quota_spent_at?.toISOString() ?? null,
});
