import type { Connection } from '../../contracts/workspaces';
import type { SeenScopes } from '../airtable/narrowing';
import type { Database } from '../database/database';
import { foundRow, type ConnectionRow } from './connection-rows';
import { missingNeeds, missingScopes } from './connection-scopes';
import type { ConnectionTest } from './connection-test';

type Health = Connection['health'];
type Reason = Connection['healthReason'];

const REASONS: Readonly<Record<Health, Reason>> = {
  unknown: null,
  ok: null,
  unauthorized: 'connection_unauthorized',
  narrowed: 'scopes_lost',
  unreachable: 'connection_unreachable',
};

/**
 * Notes what a call showed. A good answer heals `unauthorized` and `unreachable`; it does not heal `narrowed`, because
 * a token that lost one scope answers well wherever another is enough. `tokenVersion` is that of the token the call
 * used: what was seen of a token that is no longer the connection's is not noted.
 */
export async function noteHealth(
  db: Database,
  { workspace_id, id }: Pick<ConnectionRow, 'workspace_id' | 'id'>,
  health: Health,
  tokenVersion?: number,
): Promise<void> {
  const sql = `UPDATE connections SET health_checked_at = now(),
      health = CASE WHEN $3 = 'ok' AND lost_scopes <> '{}' THEN 'narrowed' ELSE $3 END,
      health_reason = CASE WHEN $3 = 'ok' AND lost_scopes <> '{}' THEN 'scopes_lost' ELSE $4 END
    WHERE workspace_id = $1 AND id = $2 AND ($5::int IS NULL OR token_version = $5)`;
  const values = [workspace_id, id, health, REASONS[health], tokenVersion ?? null];
  await db.tenant(workspace_id, (tx) => tx.query(sql, values));
}

/**
 * Compares what the token has now with what it had when it was tested, and stores the difference: `narrowed` with what
 * was lost, healed when it is back. Answers with what is lost, of the scopes that Sagatable uses.
 */
export async function noteScopes(
  db: Database,
  { workspace_id, id }: Pick<ConnectionRow, 'workspace_id' | 'id'>,
  seen: SeenScopes,
  tokenVersion?: number,
): Promise<readonly string[]> {
  return db.tenant(workspace_id, async (tx) => {
    const sql = 'SELECT * FROM connections WHERE workspace_id = $1 AND id = $2 FOR UPDATE';
    const row = foundRow(await tx.query<ConnectionRow>(sql, [workspace_id, id]));
    if (tokenVersion !== undefined && row.token_version !== tokenVersion) return [];
    const lost = lostScopes(row, seen);
    const health = lost.length ? 'narrowed' : row.health === 'narrowed' ? 'ok' : row.health;
    await tx.query(
      `UPDATE connections SET scopes = $3, lost_scopes = $4, health = $5, health_reason = $6, health_checked_at = now()
       WHERE workspace_id = $1 AND id = $2`,
      [workspace_id, id, seen.scopes ?? row.scopes, lost, health, REASONS[health]],
    );
    return lost;
  });
}

function lostScopes(row: ConnectionRow, { scopes, refused }: SeenScopes): string[] {
  // A test reads the schemas' list: a token that passed one had that scope, told or not.
  if (!scopes) return row.base_count === null ? [] : [...refused];
  const had = new Set([...(row.scopes ?? []), ...row.lost_scopes]);
  return missingScopes(scopes).filter((scope) => had.has(scope));
}

/** The columns that a successful test sets. What the token has now is what it is held to from here on. */
export function healthAfter(test: ConnectionTest, writable: boolean) {
  const lacking = missingNeeds(test.scopes, writable);
  return {
    health: lacking.length ? ('narrowed' as const) : ('ok' as const),
    reason: lacking.length ? ('scopes_missing' as const) : null,
    lost: lacking,
  };
}
