import { SagatableError } from '../../contracts/errors';
import type { Database } from '../database/database';
import { openText, sealText, type KeyRing } from '../encryption';
import type { ConnectionRow } from './connection-rows';

interface Sealing {
  readonly db: Database;
  readonly keyRing: KeyRing;
}

/**
 * The token of a row in clear. One that was sealed with an older key is sealed anew with the current one on the way,
 * so that the older key can be dropped once every connection was used. Throws Unavailable `connection_token_unreadable`
 * when its key is gone or the stored text was changed.
 */
export async function openToken({ db, keyRing }: Sealing, row: ConnectionRow): Promise<string> {
  const token = readToken(keyRing, row);
  if (row.token_sealed.startsWith(`${keyRing.currentId}.`)) return token;
  // Only over what was read: a token that was replaced meanwhile stays the replacement.
  const sql = `UPDATE connections SET token_sealed = $4 WHERE workspace_id = $1 AND id = $2 AND token_sealed = $3`;
  const values = [row.workspace_id, row.id, row.token_sealed, sealText(keyRing, token, row.id)];
  // The token was read, which is what the caller wants; where this write fails the next use does it.
  await db.tenant(row.workspace_id, (tx) => tx.query(sql, values)).catch(() => undefined);
  return token;
}

function readToken(keyRing: KeyRing, row: ConnectionRow): string {
  try {
    return openText(keyRing, row.token_sealed, row.id);
  } catch (cause) {
    throw new SagatableError(
      'Unavailable',
      'The token of this connection cannot be read: the key it was encrypted with is no longer in ENCRYPTION_KEYS, or the stored token was changed.',
      { code: 'connection_token_unreadable', retryable: false, cause },
    );
  }
}
