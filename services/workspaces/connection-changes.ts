import { SagatableError } from '../../contracts/errors';
import type { UpdateConnectionInput } from '../../contracts/workspaces';
import type { Tx } from '../database/database';
import { sealText, type KeyRing } from '../encryption';
import { healthAfter } from './connection-health';
import { foundRow, type ConnectionRow } from './connection-rows';
import { assertScopes } from './connection-scopes';
import type { ConnectionTest } from './connection-test';

/** What is to change; a token comes with what its test found. */
export interface ConnectionChanges extends Omit<UpdateConnectionInput, 'token'> {
  readonly token?: { readonly text: string; readonly test: ConnectionTest } | undefined;
}

/**
 * Changes a connection in the caller's transaction, all or nothing. Throws NotFound; InvalidInput when the token cannot
 * do what the connection is switched to; Conflict `connection_in_use` when writing is switched off under an edit,
 * `engine_connection` for what the engine's connection does not have, and `connection_other_user` for a token of
 * another Airtable user without `confirmUser`: permissions, the author of comments and the 50/s limit are the user's.
 */
export async function changeRow(
  keyRing: KeyRing,
  tx: Tx,
  where: { readonly workspaceId: string; readonly id: string },
  changes: ConnectionChanges,
): Promise<ConnectionRow> {
  const key = [where.workspaceId, where.id];
  const lock = 'SELECT * FROM connections WHERE workspace_id = $1 AND id = $2 FOR UPDATE';
  const row = foundRow(await tx.query<ConnectionRow>(lock, key));
  if (row.kind === 'engine') assertEngineHas(changes);
  const writable = changes.writable ?? row.writable;
  const { token } = changes;
  if (changes.writable === false) await assertNotInUse(tx, where.id);
  if (token) assertScopes(token.test.scopes, writable);
  else if (changes.writable) assertScopes(row.scopes, true);
  if (token) {
    assertSameUser(row, token.test, changes.confirmUser === true);
    const { health, reason, lost } = healthAfter(token.test, writable);
    await tx.query(
      `UPDATE connections SET token_sealed = $3, token_version = token_version + 1, airtable_user = $4, scopes = $5,
         base_count = $6, health = $7, health_reason = $8, lost_scopes = $9, health_checked_at = now(), tested_at = now()
       WHERE workspace_id = $1 AND id = $2`,
      [
        ...key,
        sealText(keyRing, token.text, where.id),
        token.test.airtableUser,
        token.test.scopes,
        token.test.bases.length,
        health,
        reason,
        lost,
      ],
    );
  }
  const sql = `UPDATE connections SET name = coalesce($3, name), writable = $4, share = coalesce($5, share),
      monthly_calls = CASE WHEN $6 THEN $7 ELSE monthly_calls END
    WHERE workspace_id = $1 AND id = $2 RETURNING *`;
  const { name, share, monthlyCalls } = changes;
  const values = [name ?? null, writable, share ?? null, monthlyCalls !== undefined, monthlyCalls ?? null];
  return foundRow(await tx.query<ConnectionRow>(sql, [...key, ...values]));
}

/** Throws Conflict `connection_in_use` while an approved edit writes through the connection, or may have to take itself back. */
export async function assertNotInUse(tx: Tx, connectionId: string): Promise<void> {
  const sql = `SELECT 'An edit is being applied' AS what FROM edits WHERE connection_id = $1 AND state IN ('approved', 'applying')
    UNION ALL SELECT 'A base is being copied' FROM copies c JOIN operations o ON o.workspace_id = c.workspace_id AND o.id = c.operation_id
      WHERE c.connection_id = $1 AND o.status NOT IN ('done', 'rolled_back', 'needs_review') LIMIT 1`;
  const use = (await tx.query<{ what: string }>(sql, [connectionId])).rows[0];
  if (!use) return;
  throw new SagatableError(
    'Conflict',
    `${use.what} through this connection: wait for it or cancel it first.`,
    { code: 'connection_in_use' },
  );
}

/** Throws Conflict `engine_connection` for a token, a share or monthly calls: the engine's connection has none to set. */
export function assertEngineHas(
  changes: Pick<ConnectionChanges, 'share' | 'monthlyCalls'> & { token?: unknown },
): void {
  if (changes.token === undefined && changes.share === undefined && changes.monthlyCalls === undefined)
    return;
  throw new SagatableError(
    'Conflict',
    'The connection to the built-in engine keeps its own token and has no limits of Airtable’s: its name and whether it writes can be changed.',
    { code: 'engine_connection' },
  );
}

function assertSameUser(row: ConnectionRow, test: ConnectionTest, confirmed: boolean): void {
  if (confirmed || row.airtable_user === null || row.airtable_user === test.airtableUser) return;
  throw new SagatableError(
    'Conflict',
    'This token belongs to another Airtable user than the one before: permissions and the author of comments would change with it. Send confirmUser: true if that is meant.',
    { code: 'connection_other_user' },
  );
}
