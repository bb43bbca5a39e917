import { z } from 'zod';
import { MAX_UPLOAD_BYTES } from '../../contracts/airtable';
import { Lost, type NotReturning } from '../../contracts/restoring';
import type { Tx } from '../database/database';
import type { EditRow } from './edit-rows';

/** More than this many records with losses say nothing new. */
const SHOWN = 100;

/** The deletions that the edit consists of, or that it takes back: which edit made each, and its place there. */
const DELETIONS = `
  SELECT c.workspace_id, c.edit_id, c.ordinal, c.table_id, c.state FROM edit_changes c WHERE c.edit_id = $1 AND c.kind = 'delete'
  UNION ALL
  SELECT o.workspace_id, o.edit_id, o.ordinal, o.table_id, o.state FROM edit_changes c
    JOIN edit_changes o ON o.workspace_id = c.workspace_id AND o.kind = 'delete' AND o.record_id = c.change ->> 'restores' AND o.state <> 'pending'
    JOIN edits e ON (e.workspace_id, e.id) = (o.workspace_id, o.edit_id) AND e.base_id = $2
  WHERE c.edit_id = $1 AND c.kind = 'create' AND c.change ? 'restores'`;

const LostRows = z.array(
  z.object({
    old_id: z.string(),
    new_id: z.string(),
    label: z.string().nullable(),
    lost: z.array(Lost),
    n: z.coerce.number(),
  }),
);

/** What cannot return, as far as it is known: before, while and after records are brought back. Nothing for an edit without deletions. */
export async function readNotReturning(
  tx: Tx,
  edit: Pick<EditRow, 'id' | 'base_id' | 'preview'>,
): Promise<{ notReturning?: NotReturning }> {
  const { rows } = await tx.query<{
    records: number;
    tables: string[] | null;
    kept: number;
    comments: number;
    large: number;
    wanted: boolean;
  }>(
    `SELECT count(*)::int AS records, array_agg(DISTINCT x.table_id) AS tables, count(d.ordinal)::int AS kept,
       coalesce(sum(d.comment_count), 0)::int AS comments,
       coalesce(sum((SELECT count(*) FROM deleted_attachments a
         WHERE (a.workspace_id, a.edit_id, a.ordinal) = (x.workspace_id, x.edit_id, x.ordinal) AND a.size > $3)), 0)::int AS large,
       (SELECT repost_comments FROM edits WHERE id = $1) AS wanted
     FROM (${DELETIONS}) x LEFT JOIN deleted_records d ON (d.workspace_id, d.edit_id, d.ordinal) = (x.workspace_id, x.edit_id, x.ordinal)`,
    [edit.id, edit.base_id, MAX_UPLOAD_BYTES],
  );
  const [counted] = rows;
  if (!counted || counted.records === 0) return {};
  const restored = await tx.query<{ n: number }>(
    `SELECT count(DISTINCT old_id)::int AS n FROM restorations WHERE edit_id = $1 OR image_edit_id = $1`,
    [edit.id],
  );
  const losses = await tx.query(
    `SELECT r.old_id, r.new_id, c.label, r.lost, count(*) OVER () AS n
     FROM restorations r JOIN edit_changes c USING (workspace_id, edit_id, ordinal)
     WHERE (r.edit_id = $1 OR r.image_edit_id = $1) AND r.lost <> '[]' ORDER BY r.edit_id, r.ordinal LIMIT $2`,
    [edit.id, SHOWN],
  );
  const lost = LostRows.parse(losses.rows);
  const numbered = edit.preview?.tables.some(
    ({ id, fields }) => counted.tables?.includes(id) && fields.some(({ type }) => type === 'autoNumber'),
  );
  return {
    notReturning: {
      records: counted.records,
      restored: restored.rows[0]?.n ?? 0,
      always: ['id', 'createdTime', 'createdBy', ...(numbered ? ['autoNumber' as const] : []), 'history'],
      comments: counted.kept ? counted.comments : null,
      repostComments: counted.wanted,
      largeAttachments: counted.kept ? counted.large : null,
      lost: lost.map(({ old_id, new_id, label, lost: some }) => ({
        recordId: old_id,
        newRecordId: new_id,
        label,
        lost: some,
      })),
      lostCount: lost[0]?.n ?? 0,
    },
  };
}
