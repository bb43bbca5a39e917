import type { Database, Tx } from '../../database/database';
import { removeFiles } from '../../files/files';
import type { Clock } from './claims';

/** What no cell holds stays as long: the undo of a deletion brings it back by its id. In milliseconds. */
const GRACE_MS = 7 * 24 * 60 * 60 * 1000;
/** Files removed by one statement. */
const BATCH = 200;

export interface GarbageParts {
  readonly db: Database;
  readonly clock: Clock;
  readonly graceMs?: number;
}

export interface Collected {
  readonly attachments: number;
  readonly files: number;
}

/** The ids that a base's cells hold: $1 the workspace, $2 the base. */
const HELD = `SELECT h.id FROM engine_fields f
  JOIN engine_records r ON (r.workspace_id, r.base_id, r.table_id) = (f.workspace_id, f.base_id, f.table_id) AND r.cells ? f.id
  CROSS JOIN LATERAL jsonb_array_elements_text(r.cells->f.id) AS h(id)
  WHERE f.workspace_id = $1 AND f.base_id = $2 AND f.type = 'multipleAttachments'`;

/** Notes since when an attachment is not in use, and forgets it where it is used again. */
const MARK = `UPDATE engine_attachments a SET unused_since = CASE WHEN h.id IS NULL THEN $3::timestamptz END
  FROM engine_attachments b LEFT JOIN (SELECT DISTINCT id FROM (${HELD}) held) h ON h.id = b.id
  WHERE a.workspace_id = $1 AND a.base_id = $2 AND (b.workspace_id, b.base_id, b.id) = (a.workspace_id, a.base_id, a.id)
    AND (h.id IS NULL) <> (a.unused_since IS NOT NULL) AND a.created_at < $3`;

/** Looks once more, while nobody can write: what was marked may have been written again in the meantime. */
const SWEEP = `DELETE FROM engine_attachments a WHERE a.workspace_id = $1 AND a.base_id = $2 AND a.unused_since < $3
  AND a.id NOT IN (${HELD})`;

const UNREFERRED = `f.purpose IN ('attachment', 'deleted') AND f.created_at < $1
  AND NOT EXISTS (SELECT FROM engine_attachment_files af WHERE (af.workspace_id, af.file_id) = (f.workspace_id, f.id))
  AND NOT EXISTS (SELECT FROM deleted_attachments d WHERE (d.workspace_id, d.file_id) = (f.workspace_id, f.id))`;

async function sweepBase(tx: Tx, workspaceId: string, baseId: string, now: Date, before: Date) {
  await tx.query(MARK, [workspaceId, baseId, now]);
  const due = await tx.query(
    'SELECT 1 FROM engine_attachments WHERE workspace_id = $1 AND base_id = $2 AND unused_since < $3 LIMIT 1',
    [workspaceId, baseId, before],
  );
  if (!due.rowCount) return 0;
  await tx.query('SELECT 1 FROM engine_bases WHERE workspace_id = $1 AND id = $2 FOR NO KEY UPDATE', [
    workspaceId,
    baseId,
  ]);
  const swept = await tx.query(SWEEP, [workspaceId, baseId, before]);
  return swept.rowCount ?? 0;
}

/**
 * Removes attachments that no cell has held for the grace period, and files that nothing refers to: of removed bases, of
 * processes that died while writing. To be called now and then; several processes may.
 */
export async function collectGarbage({ db, clock, graceMs = GRACE_MS }: GarbageParts): Promise<Collected> {
  const now = clock.now();
  const before = new Date(now.getTime() - graceMs);
  const bases = await db.system((tx) =>
    tx.query<{ workspace_id: string; base_id: string }>(
      'SELECT DISTINCT workspace_id, base_id FROM engine_attachments WHERE created_at < $1',
      [now],
    ),
  );
  let attachments = 0;
  for (const { workspace_id, base_id } of bases.rows) {
    attachments += await db.tenant(workspace_id, (tx) => sweepBase(tx, workspace_id, base_id, now, before));
  }
  return { attachments, files: await collectFiles(db, before) };
}

async function collectFiles(db: Database, before: Date): Promise<number> {
  let count = 0;
  for (;;) {
    const found = await db.system((tx) =>
      tx.query<{ workspace_id: string; ids: string[] }>(
        `SELECT workspace_id, array_agg(id) AS ids
         FROM (SELECT f.workspace_id, f.id FROM files f WHERE ${UNREFERRED} LIMIT ${BATCH}) f GROUP BY workspace_id`,
        [before],
      ),
    );
    if (found.rows.length === 0) return count;
    for (const { workspace_id, ids } of found.rows) {
      await db.tenant(workspace_id, (tx) => removeFiles(tx, workspace_id, ids));
      count += ids.length;
    }
  }
}
