import type { Tx } from '../database/database';

/** A record that is deleted, restored and deleted again so often is not followed any further. */
const MAX_STEPS = 50;

/** States of a creation whose record is in the base, as far as its own edit has to do with it. */
const STANDING = `('landed', 'undo_intended', 'undo_conflict', 'undo_unknown')`;

/** The record that took the place of each one, step by step: a compensation notes it with the deletion, a revert creates it. */
const RECORDS = `
  WITH RECURSIVE way AS (
    SELECT id AS old_id, id AS new_id, 0 AS step FROM unnest($1::text[]) AS id
    UNION ALL
    SELECT w.old_id, m.new_id, w.step + 1 FROM way w CROSS JOIN LATERAL (
      SELECT f.new_id FROM (
        SELECT c.restored_as AS new_id, c.settled_at FROM edit_changes c JOIN edits e ON (e.workspace_id, e.id) = (c.workspace_id, c.edit_id)
        WHERE c.kind = 'delete' AND c.record_id = w.new_id AND c.restored_as IS NOT NULL AND e.base_id = $2
        UNION ALL
        SELECT c.record_id, c.settled_at FROM edit_changes c JOIN edits e ON (e.workspace_id, e.id) = (c.workspace_id, c.edit_id)
        WHERE c.kind = 'create' AND c.change ? 'restores' AND c.change ->> 'restores' = w.new_id AND c.record_id IS NOT NULL
          AND c.state IN ${STANDING} AND e.base_id = $2
      ) f ORDER BY f.settled_at DESC LIMIT 1
    ) m WHERE w.step < ${MAX_STEPS})
  SELECT DISTINCT ON (old_id) old_id, new_id FROM way WHERE step > 0 ORDER BY old_id, step DESC`;

const ATTACHMENTS = `
  WITH RECURSIVE way AS (
    SELECT id AS old_id, id AS new_id, 0 AS step FROM unnest($1::text[]) AS id
    UNION ALL
    SELECT w.old_id, m.new_id, w.step + 1 FROM way w CROSS JOIN LATERAL (
      SELECT a.new_id FROM restored_attachments a WHERE a.base_id = $2 AND a.old_id = w.new_id AND a.new_id IS NOT NULL
      ORDER BY a.sent_at DESC LIMIT 1
    ) m WHERE w.step < ${MAX_STEPS})
  SELECT DISTINCT ON (old_id) old_id, new_id FROM way WHERE step > 0 ORDER BY old_id, step DESC`;

/** New ids by old ones; what still has its own id is left out. */
export type Successors = ReadonlyMap<string, string>;

/** The records of a base that stand for deleted ones today, over any number of deletions and returns; read from the journal. */
export function readSuccessors(tx: Tx, baseId: string, recordIds: readonly string[]): Promise<Successors> {
  return readWays(tx, RECORDS, baseId, recordIds);
}

/** The same for attachments, which get new ids when they are uploaded again. */
export function readAttachmentSuccessors(
  tx: Tx,
  baseId: string,
  attachmentIds: readonly string[],
): Promise<Successors> {
  return readWays(tx, ATTACHMENTS, baseId, attachmentIds);
}

async function readWays(tx: Tx, sql: string, baseId: string, ids: readonly string[]): Promise<Successors> {
  if (ids.length === 0) return new Map();
  const { rows } = await tx.query<{ old_id: string; new_id: string }>(sql, [[...new Set(ids)], baseId]);
  return new Map(rows.map((row) => [row.old_id, row.new_id]));
}
