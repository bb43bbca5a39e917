import type { Tx } from '../database/database';
import { attributeChanges, readOwnUsers } from './attribution';
import { readUnclaimed } from './change-rows';
import type { WatchRow } from './watch-rows';

/** An answer comes later than its payload at most by this (minutes): by then the journal knows the ids of new records. */
const LOOK_BACK_MINUTES = 15;

/**
 * Looks again at recent changes by our own users that no journal accounted for: a payload can come before the answer to
 * the request, and the id of a new record is in the journal only after it.
 */
export async function reattribute(tx: Tx, watch: WatchRow): Promise<void> {
  const users = [...(await readOwnUsers(tx, watch.tokenUser))];
  const unclaimed = await readUnclaimed(tx, watch, users, LOOK_BACK_MINUTES);
  if (unclaimed.length === 0) return;
  const ours = await attributeChanges(tx, watch, watch.tokenUser, unclaimed);
  const rows = [...ours].map(([{ seq }, { editId, overwrote }]) => ({ seq, edit_id: editId, overwrote }));
  if (rows.length === 0) return;
  await tx.query(
    `UPDATE base_changes b SET edit_id = r.edit_id, overwrote = nullif(r.overwrote, 'null')
     FROM jsonb_to_recordset($2::jsonb) AS r(seq bigint, edit_id text, overwrote jsonb)
     WHERE b.workspace_id = $1 AND b.seq = r.seq AND b.edit_id IS NULL`,
    [watch.workspaceId, JSON.stringify(rows)],
  );
}
