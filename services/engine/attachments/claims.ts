import type { Database, Tx } from '../../database/database';

/** Work on an attachment that this process has taken, for a time. */
export interface Claim {
  readonly workspaceId: string;
  readonly baseId: string;
  readonly attachmentId: string;
  /** Only the last one who took it may settle it. */
  readonly mark: string;
  readonly work: 'fetch' | 'thumbnails';
  /** How often the work was begun, this time included. */
  readonly attempt: number;
  readonly filename: string;
  readonly sourceUrl: string | null;
  readonly type: string | null;
}

export interface Clock {
  now(): Date;
}

/** How long a process keeps a claim without prolonging it: then it counts as dead, and another one takes the work. */
const LEASE_MS = 60_000;

/** Attachments of one workspace that are worked on at a time: slow sources of one must not keep others waiting. */
const MAX_OF_WORKSPACE = 4;

interface ClaimRow {
  workspace_id: string;
  base_id: string;
  id: string;
  claim: string;
  work: 'fetch' | 'thumbnails';
  attempts: number;
  filename: string;
  source_url: string | null;
  type: string | null;
}

function leaseEnd(clock: Clock): Date {
  return new Date(clock.now().getTime() + LEASE_MS);
}

/** Takes the work that has been due longest and that nobody has; undefined when there is none that may begin now. */
export async function takeClaim(db: Database, clock: Clock): Promise<Claim | undefined> {
  const { rows } = await db.system(async (tx) => {
    // One at a time: who counts a workspace's claims must see all of them.
    await tx.query("SELECT pg_advisory_xact_lock(hashtextextended('engine_attachments claims', 0))");
    return tx.query<ClaimRow>(
      // Materialized: a plan may otherwise look for a due one again for each row, and claim several.
      `WITH d AS MATERIALIZED (SELECT w.workspace_id, w.base_id, w.id FROM engine_attachments w
           WHERE w.work IS NOT NULL AND w.due_at <= $1 AND w.workspace_id NOT IN (SELECT workspace_id FROM engine_attachments
             WHERE claim IS NOT NULL AND due_at > $1 GROUP BY workspace_id HAVING count(*) >= ${MAX_OF_WORKSPACE})
           ORDER BY w.due_at LIMIT 1 FOR UPDATE OF w SKIP LOCKED)
       UPDATE engine_attachments a SET claim = gen_random_uuid(), attempts = a.attempts + 1, due_at = $2 FROM d
       WHERE (a.workspace_id, a.base_id, a.id) = (d.workspace_id, d.base_id, d.id)
       RETURNING a.workspace_id, a.base_id, a.id, a.claim, a.work, a.attempts, a.filename, a.source_url, a.type`,
      [clock.now(), leaseEnd(clock)],
    );
  });
  const row = rows[0];
  return (
    row && {
      workspaceId: row.workspace_id,
      baseId: row.base_id,
      attachmentId: row.id,
      mark: row.claim,
      work: row.work,
      attempt: row.attempts,
      filename: row.filename,
      sourceUrl: row.source_url,
      type: row.type,
    }
  );
}

/** Prolongs a claim while `work` runs; the signal tells when it was lost. */
export async function holdClaim<T>(
  db: Database,
  clock: Clock,
  claim: Claim,
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const lost = new AbortController();
  const prolong = async () => {
    const { rowCount } = await db.tenant(claim.workspaceId, (tx) =>
      tx.query(
        `UPDATE engine_attachments SET due_at = $5
         WHERE workspace_id = $1 AND base_id = $2 AND id = $3 AND claim = $4`,
        [...keyOf(claim), claim.mark, leaseEnd(clock)],
      ),
    );
    if (!rowCount) lost.abort(new Error('another process has taken over this attachment'));
  };
  // A database that does not answer now may answer the next time; if it never does, the claim runs out by itself.
  const beat = setInterval(() => void prolong().catch(() => undefined), LEASE_MS / 3);
  try {
    return await work(lost.signal);
  } finally {
    clearInterval(beat);
  }
}

/** Holds the claim's row until the transaction ends; false when another process has taken it over. */
export async function stillOurs(tx: Tx, claim: Claim): Promise<boolean> {
  const { rowCount } = await tx.query(
    `SELECT 1 FROM engine_attachments WHERE workspace_id = $1 AND base_id = $2 AND id = $3 AND claim = $4 FOR UPDATE`,
    [...keyOf(claim), claim.mark],
  );
  return rowCount === 1;
}

/** Puts the work off. */
export async function postponeClaim(db: Database, clock: Clock, claim: Claim, waitMs: number): Promise<void> {
  await db.tenant(claim.workspaceId, (tx) =>
    tx.query(
      `UPDATE engine_attachments SET claim = NULL, due_at = $5
       WHERE workspace_id = $1 AND base_id = $2 AND id = $3 AND claim = $4`,
      [...keyOf(claim), claim.mark, new Date(clock.now().getTime() + waitMs)],
    ),
  );
}

/** The first three parameters of every statement about an attachment. */
export function keyOf(claim: Claim): readonly [string, string, string] {
  return [claim.workspaceId, claim.baseId, claim.attachmentId];
}
