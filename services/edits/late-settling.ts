import type { Settling } from '../../contracts/settling';
import type { Tx } from '../database/database';
import { countLeftLate } from './late-records';
import { countLost } from './late-requests';

/** What is left of the settle window. */
export interface SettleWindow {
  readonly until: Date;
  readonly leftMs: number;
}

/**
 * Notes that a sweep begins, and gives the window as it stands now: it ends so many seconds after the last request of the
 * edit that got no answer, by the clock of the database that noted it.
 */
export async function beginSweep(
  tx: Tx,
  workspaceId: string,
  editId: string,
  windowSeconds: number,
): Promise<SettleWindow> {
  const { rows } = await tx.query<{ until: Date; left_ms: number }>(
    `INSERT INTO edit_settling AS s (workspace_id, edit_id, window_seconds, until, sweeps)
     SELECT $1, $2, $3, coalesce(max(lost_at), clock_timestamp()) + make_interval(secs => $3), 1 FROM lost_requests
       WHERE edit_id = $2 AND state = 'open'
     ON CONFLICT (workspace_id, edit_id) DO UPDATE
       SET window_seconds = $3, until = EXCLUDED.until, sweeps = s.sweeps + 1, settled_at = NULL
     RETURNING until, (extract(epoch FROM until - clock_timestamp()) * 1000)::float8 AS left_ms`,
    [workspaceId, editId, windowSeconds],
  );
  const [row] = rows;
  if (!row) throw new Error('an INSERT … RETURNING gave no row');
  return { until: row.until, leftMs: Math.max(0, Math.ceil(row.left_ms)) };
}

/** Counts what a sweep found to have landed late. */
export async function countLandings(tx: Tx, editId: string, landings: number): Promise<void> {
  if (landings === 0) return;
  await tx.query('UPDATE edit_settling SET late_landings = late_landings + $2 WHERE edit_id = $1', [
    editId,
    landings,
  ]);
}

/** The window is over, and the last sweep found nothing. */
export async function endSettling(tx: Tx, editId: string): Promise<void> {
  await tx.query(
    'UPDATE edit_settling SET settled_at = clock_timestamp() WHERE edit_id = $1 AND settled_at IS NULL',
    [editId],
  );
}

/** How the edit waited for late writes; null when there was nothing to wait for. */
export async function readSettling(tx: Tx, editId: string): Promise<Settling | null> {
  const { rows } = await tx.query<{
    window_seconds: number;
    until: Date;
    sweeps: number;
    late_landings: number;
    settled_at: Date | null;
  }>(
    'SELECT window_seconds, until, sweeps, late_landings, settled_at FROM edit_settling WHERE edit_id = $1',
    [editId],
  );
  const [row] = rows;
  if (!row) return null;
  return {
    windowSeconds: row.window_seconds,
    until: row.until.toISOString(),
    sweeps: row.sweeps,
    unanswered: await countLost(tx, editId),
    lateLandings: row.late_landings,
    needsReview: await countLeftLate(tx, editId),
    over: row.settled_at !== null,
  };
}
