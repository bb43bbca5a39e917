import { z } from 'zod';
import { Lost } from '../../contracts/restoring';
import type { Tx } from '../database/database';

/** What is still to follow a record that was created again, and what of it did not return. */
export const Restoration = z
  .object({
    ordinal: z.number(),
    state: z.enum(['open', 'linked', 'done']),
    table_id: z.string(),
    old_id: z.string(),
    new_id: z.string(),
    image_edit_id: z.string(),
    image_ordinal: z.number(),
    lost: z.array(Lost),
    comment_sent_at: z.date().nullable(),
  })
  .transform((row) => ({
    ordinal: row.ordinal,
    state: row.state,
    tableId: row.table_id,
    oldId: row.old_id,
    newId: row.new_id,
    imageEditId: row.image_edit_id,
    imageOrdinal: row.image_ordinal,
    lost: row.lost,
    commentSentAt: row.comment_sent_at,
  }));
export type Restoration = z.infer<typeof Restoration>;

/** An edit that is taken back restores what it deleted itself; a revert what the edit deleted that it reverts. */
export type RestoringPhase = 'applying' | 'undoing';

const OWN_DELETIONS = `
  SELECT c.workspace_id, c.edit_id, c.ordinal, e.base_id, c.table_id, c.record_id AS old_id, c.restored_as AS new_id,
    c.edit_id AS image_edit_id, c.ordinal AS image_ordinal
  FROM edit_changes c JOIN edits e ON (e.workspace_id, e.id) = (c.workspace_id, c.edit_id)
  WHERE c.edit_id = $1 AND c.kind = 'delete' AND c.restored_as IS NOT NULL`;

const REVERTED_DELETIONS = `
  SELECT c.workspace_id, c.edit_id, c.ordinal, e.base_id, c.table_id, d.record_id, c.record_id, d.edit_id, d.ordinal
  FROM edit_changes c JOIN edits e ON (e.workspace_id, e.id) = (c.workspace_id, c.edit_id)
    CROSS JOIN LATERAL (
      SELECT o.record_id, o.edit_id, o.ordinal FROM edit_changes o JOIN edits oe ON (oe.workspace_id, oe.id) = (o.workspace_id, o.edit_id)
      WHERE o.kind = 'delete' AND o.record_id = c.change ->> 'restores' AND oe.base_id = e.base_id AND o.state <> 'pending'
      ORDER BY o.edit_id = e.revert_of DESC, o.settled_at DESC NULLS LAST LIMIT 1) d
  WHERE c.edit_id = $1 AND c.kind = 'create' AND c.change ? 'restores' AND c.state = 'landed' AND c.record_id IS NOT NULL`;

const COLUMNS =
  'r.ordinal, r.state, r.table_id, r.old_id, r.new_id, r.image_edit_id, r.image_ordinal, r.lost, r.comment_sent_at';

/**
 * Enters what the journal says was created again, and gives at most `limit` of those that something is still to follow, all
 * of one table and one state: own links of all come first, and what was deleted last comes before the others.
 */
export async function openRestorations(
  tx: Tx,
  editId: string,
  phase: RestoringPhase,
  limit: number,
): Promise<Restoration[]> {
  await tx.query(
    `INSERT INTO restorations (workspace_id, edit_id, ordinal, base_id, table_id, old_id, new_id, image_edit_id, image_ordinal)
     ${phase === 'undoing' ? OWN_DELETIONS : REVERTED_DELETIONS} ON CONFLICT DO NOTHING`,
    [editId],
  );
  const { rows } = await tx.query(
    `SELECT ${COLUMNS} FROM restorations r JOIN edit_changes c USING (workspace_id, edit_id, ordinal)
     WHERE r.edit_id = $1 AND r.state <> 'done' AND c.kind = $2
     ORDER BY r.state DESC, r.table_id, r.image_ordinal DESC LIMIT $3`,
    [editId, phase === 'undoing' ? 'delete' : 'create', limit],
  );
  const open = z.array(Restoration).parse(rows);
  return open.filter((r) => r.state === open[0]?.state && r.tableId === open[0].tableId);
}

/** Moves on; under the lease of whoever works on it. */
export async function moveRestorations(
  tx: Tx,
  editId: string,
  group: readonly Restoration[],
  to: 'linked' | 'done',
): Promise<void> {
  await tx.query(
    `UPDATE restorations SET state = $3, done_at = CASE WHEN $3 = 'done' THEN clock_timestamp() END
     WHERE edit_id = $1 AND ordinal = ANY($2)`,
    [editId, group.map(({ ordinal }) => ordinal), to],
  );
}

/** Notes what did not return, each thing once. */
export async function noteLost(tx: Tx, editId: string, r: Restoration, lost: readonly Lost[]): Promise<void> {
  const known = new Set(r.lost.map(({ kind, what }) => `${kind}/${what}`));
  for (const one of lost) {
    const key = `${one.kind}/${one.what}`;
    if (known.has(key)) continue;
    known.add(key);
    r.lost.push(one);
  }
  await tx.query('UPDATE restorations SET lost = $3 WHERE edit_id = $1 AND ordinal = $2', [
    editId,
    r.ordinal,
    JSON.stringify(r.lost),
  ]);
}
