import type { EditCost } from '../../contracts/edits';
import type { Tx } from '../database/database';
import { GATEWAY_LIMITS } from '../airtable/limits';
import type { EditRow } from './edit-rows';
import { isUndoBeyondQuota, readUndoCost } from './estimate-consent';

const USUAL_SHARE = GATEWAY_LIMITS.pace.airtable.share ?? null;

/** What stands over against the calls of an edit: the pace and the quota of its connection as they are now. Undefined before it is planned. */
export async function readEditCost(tx: Tx, edit: EditRow): Promise<EditCost | undefined> {
  if (!edit.preview) return undefined;
  const { rows } = await tx.query<{ kind: string; share: number | null }>(
    'SELECT kind, share FROM connections WHERE id = $1',
    [edit.connection_id],
  );
  const limited = rows[0] !== undefined && rows[0].kind !== 'engine';
  const cost = await readUndoCost(tx, edit.id);
  return {
    perSecond: limited ? (rows[0]?.share ?? USUAL_SHARE) : null,
    callsLeft: cost.left,
    undoBeyondQuota: isUndoBeyondQuota(cost),
  };
}

/** Newer edits that a revert takes back with the one it is of. */
export async function readIncludes(tx: Tx, editId: string): Promise<string[]> {
  const { rows } = await tx.query<{ includes: string[] | null }>('SELECT includes FROM edits WHERE id = $1', [
    editId,
  ]);
  return rows[0]?.includes ?? [];
}
