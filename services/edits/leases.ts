import { SagatableError } from '../../contracts/errors';
import type { Database, Tx } from '../database/database';

/** A base is written by one edit at a time. `fence` only grows: who holds an older one writes nothing. */
export interface Lease {
  readonly workspaceId: string;
  readonly baseKey: string;
  readonly holder: string;
  readonly fence: number;
}

/** How long a holder that stopped answering keeps others out. */
const LEASE_SECONDS = 30;
/**
 * How much earlier (ms) than a large edit a small one counts as having come, for each change that the large one has more to
 * do; at most so much, so that no number of small ones holds up a large one for longer.
 */
const PATIENCE_PER_CHANGE_MS = 20;
const MAX_PATIENCE_MS = 60_000;
/** A waiter that has not asked for this long has gone away. */
const WAITER_SECONDS = 15;

/**
 * Takes the base for one chunk of work, or returns undefined: another edit holds it, or has waited longer. Who has few
 * `changes` left goes before who has many, as far as that one's patience goes. The
 * same holder gets it again at once, under a new fence, which shuts out its own attempts that were stopped.
 */
export async function acquireLease(
  db: Database,
  workspaceId: string,
  baseKey: string,
  holder: string,
  changes = 0,
): Promise<Lease | undefined> {
  const patience = Math.min(changes * PATIENCE_PER_CHANGE_MS, MAX_PATIENCE_MS);
  return db.tenant(workspaceId, async (tx) => {
    await tx.query('SELECT pg_advisory_xact_lock(hashtextextended($1, 7242))', [`${workspaceId}/${baseKey}`]);
    await tx.query(
      `INSERT INTO base_lease_waiters (workspace_id, base_key, holder, patience_ms) VALUES ($1, $2, $3, $4)
       ON CONFLICT (workspace_id, base_key, holder)
         DO UPDATE SET seen_at = clock_timestamp(), patience_ms = excluded.patience_ms`,
      [workspaceId, baseKey, holder, patience],
    );
    const earlier = await tx.query(
      `SELECT 1 FROM base_lease_waiters w, base_lease_waiters me
       WHERE w.base_key = $1 AND me.base_key = $1 AND me.holder = $2 AND w.holder <> $2
         AND w.since + w.patience_ms * interval '1 ms' < me.since + me.patience_ms * interval '1 ms'
         AND w.seen_at > clock_timestamp() - make_interval(secs => $3) LIMIT 1`,
      [baseKey, holder, WAITER_SECONDS],
    );
    if (earlier.rowCount) return undefined;
    const { rows } = await tx.query<{ fence: string }>(
      `INSERT INTO base_leases AS l (workspace_id, base_key, holder, fence, expires_at)
       VALUES ($1, $2, $3, 1, clock_timestamp() + make_interval(secs => $4))
       ON CONFLICT (workspace_id, base_key) DO UPDATE
         SET holder = $3, fence = l.fence + 1, expires_at = clock_timestamp() + make_interval(secs => $4)
         WHERE l.holder = $3 OR l.expires_at < clock_timestamp()
       RETURNING fence`,
      [workspaceId, baseKey, holder, LEASE_SECONDS],
    );
    const row = rows[0];
    if (!row) return undefined;
    await tx.query('DELETE FROM base_lease_waiters WHERE base_key = $1 AND holder = $2', [baseKey, holder]);
    return { workspaceId, baseKey, holder, fence: Number(row.fence) };
  });
}

/** Throws Conflict `fenced` unless the lease is still ours; prolongs it. Inside a transaction it also keeps it ours until commit. */
export async function holdLease(tx: Tx, lease: Lease): Promise<void> {
  const { rowCount } = await tx.query(
    `UPDATE base_leases SET expires_at = clock_timestamp() + make_interval(secs => $4)
     WHERE base_key = $1 AND holder = $2 AND fence = $3 AND expires_at > clock_timestamp()`,
    [...holding(lease), LEASE_SECONDS],
  );
  if (!rowCount) {
    throw new SagatableError(
      'Conflict',
      'Another attempt has taken over this base: this one writes nothing more.',
      { code: 'fenced', retryable: true },
    );
  }
}

/** Who still has so long (s) need not prolong the lease to send one request: hardly one takes longer. */
const LONG_ENOUGH_SECONDS = 25;

/** True when the lease is ours and lasts long enough for one request. Changes nothing and waits for nobody. */
export async function lastsLong(tx: Tx, lease: Lease): Promise<boolean> {
  const { rowCount } = await tx.query(
    `SELECT 1 FROM base_leases WHERE base_key = $1 AND holder = $2 AND fence = $3
       AND expires_at > clock_timestamp() + make_interval(secs => $4)`,
    [...holding(lease), LONG_ENOUGH_SECONDS],
  );
  return rowCount === 1;
}

/** SQL that is true of a lease whose three values (see `holding`) begin at number `first`: for what leaves with `holdLease`. */
export const isHeld = (first: number): string =>
  `EXISTS (SELECT 1 FROM base_leases l WHERE l.base_key = $${first} AND l.holder = $${first + 1} AND l.fence = $${first + 2})`;

/** What names a lease. */
export const holding = ({ baseKey, holder, fence }: Lease): [string, string, number] => [
  baseKey,
  holder,
  fence,
];

/** Gives the base back, so that whoever waits goes next. */
export async function releaseLease(db: Database, lease: Lease): Promise<void> {
  await db.tenant(lease.workspaceId, (tx) =>
    tx.query(
      `UPDATE base_leases SET expires_at = '-infinity' WHERE base_key = $1 AND holder = $2 AND fence = $3`,
      [lease.baseKey, lease.holder, lease.fence],
    ),
  );
}
