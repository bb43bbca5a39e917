import { COMPUTED_TYPES, type CellValue, type FieldSchema } from '../../contracts/airtable';
import { ChangeActor, type ChangedSince, type Interference, type Overwritten } from '../../contracts/witness';
import type { Tx } from '../database/database';
import { readGaps } from '../witness/change-rows';
import { findWatch, type WatchRef } from '../witness/watch-rows';
import { equalCells, fieldsOf } from './cell-comparison';
import type { EditRow } from './edit-rows';

/** How much is shown; what is counted beyond it ends here too, lest a look at an edit reads a whole stream. */
const SHOWN = 100;
const COUNTED = 10_000;

interface LostRow {
  readonly seq: string;
  readonly table_id: string | null;
  readonly record_id: string;
  readonly at: Date;
  readonly field_id: string;
  readonly value: CellValue;
  readonly found: CellValue;
}

/**
 * What others did to an edit's records, as far as its base is watched: values that its writes (or their undo) replaced
 * without having seen them, and changes after its last write of a record. A value deleted with its record counts as
 * replaced. Nothing here proves that nothing else happened: see `upTo` and `gaps`.
 */
export async function readInterference(tx: Tx, edit: EditRow): Promise<Interference> {
  const ref = { workspaceId: edit.workspace_id, connectionId: edit.connection_id, baseId: edit.base_id };
  const watch = await findWatch(tx, ref);
  const began = await readBeginning(tx, edit.id);
  const [lost, since] = began
    ? [await readLost(tx, ref, edit), await readSince(tx, ref, edit)]
    : [
        { shown: [], count: 0 },
        { shown: [], count: 0 },
      ];
  return {
    watched: watch?.state === 'watching',
    upTo: watch?.polledAt?.toISOString() ?? null,
    gaps: began ? await readGaps(tx, ref, began) : [],
    overwritten: lost.shown,
    overwrittenCount: lost.count,
    changedSince: since.shown,
    changedSinceCount: since.count,
  };
}

/** When the edit was decided; null while nothing of it can have been written. */
async function readBeginning(tx: Tx, editId: string): Promise<Date | null> {
  const { rows } = await tx.query<{ at: Date | null }>(
    `SELECT decided_at AS at FROM edits WHERE id = $1 AND state NOT IN ('planning', 'proposed', 'rejected', 'expired', 'failed')`,
    [editId],
  );
  return rows[0]?.at ?? null;
}

/** Replaced values as they were noted with our writes. */
const OVERWRITTEN = `
  SELECT b.seq, b.table_id, b.record_id, b.at, o.key AS field_id, o.value, NULL::jsonb AS found
  FROM base_changes b CROSS JOIN LATERAL jsonb_each(b.overwrote) o
  WHERE b.workspace_id = $1 AND b.connection_id = $2 AND b.base_id = $3 AND b.edit_id = $4 AND b.overwrote IS NOT NULL`;

/**
 * Of records that we deleted: the last value of each cell that the stream has, where it is another than our last look found
 * and somebody else's.
 */
const DELETED_WITH = `
  SELECT * FROM (
    SELECT DISTINCT ON (b.seq, a.key) b.seq, b.table_id, b.record_id, b.at, a.key AS field_id, a.value,
      coalesce(coalesce(c.found, c.change -> 'before') -> a.key, 'null') AS found, u.edit_id
    FROM base_changes b
      JOIN edit_changes c ON c.workspace_id = $1 AND c.edit_id = $4 AND c.record_id = b.record_id AND c.kind = 'delete'
      JOIN base_changes u ON u.workspace_id = $1 AND u.base_id = $3 AND u.record_id = b.record_id AND u.connection_id = $2
        AND u.seq < b.seq AND u.kind = 'updated' AND u.at > c.sent_at - interval '1 hour'
      CROSS JOIN LATERAL jsonb_each(u.after) a
    WHERE b.workspace_id = $1 AND b.connection_id = $2 AND b.base_id = $3 AND b.edit_id = $4 AND b.kind = 'deleted'
    ORDER BY b.seq, a.key, u.seq DESC
  ) last WHERE edit_id IS NULL AND value <> found`;

async function readLost(
  tx: Tx,
  ref: WatchRef,
  edit: EditRow,
): Promise<{ shown: Overwritten[]; count: number }> {
  const values = [ref.workspaceId, ref.connectionId, ref.baseId, edit.id, COUNTED];
  const noted = await tx.query<LostRow & Record<string, unknown>>(
    `${OVERWRITTEN} ORDER BY b.seq LIMIT $5`,
    values,
  );
  const deleted = await tx.query<LostRow & Record<string, unknown>>(
    `${DELETED_WITH} ORDER BY seq LIMIT $5`,
    values,
  );
  const fields = edit.preview ? fieldsOf(edit.preview) : new Map<string, FieldSchema>();
  const lost = [
    ...noted.rows,
    ...deleted.rows.filter(({ field_id: id, value, found }) => {
      const field = fields.get(id);
      return field && !COMPUTED_TYPES.has(field.type) && !equalCells(fields, id, value, found);
    }),
  ];
  const shown: Overwritten[] = [];
  for (const row of lost.slice(0, SHOWN)) {
    const author = await readAuthor(tx, ref, row);
    shown.push({
      recordId: row.record_id,
      tableId: row.table_id,
      fieldId: row.field_id,
      value: row.value,
      by: author?.actor ?? null,
      source: author?.source ?? null,
      at: author?.at.toISOString() ?? null,
      overwrittenAt: row.at.toISOString(),
    });
  }
  return { shown, count: lost.length };
}

/** Who had written a value, where the stream has it: the last one before our write. */
async function readAuthor(tx: Tx, ref: WatchRef, row: LostRow) {
  const { rows } = await tx.query<{ actor: unknown; source: string | null; at: Date }>(
    `SELECT actor, source, at FROM base_changes WHERE workspace_id = $1 AND base_id = $3 AND record_id = $4 AND connection_id = $2
       AND seq < $5 AND after -> $6 = $7::jsonb ORDER BY seq DESC LIMIT 1`,
    [
      ref.workspaceId,
      ref.connectionId,
      ref.baseId,
      row.record_id,
      row.seq,
      row.field_id,
      JSON.stringify(row.value),
    ],
  );
  const found = rows[0];
  return found && { ...found, actor: ChangeActor.nullable().parse(found.actor) };
}

interface SinceRow {
  readonly seq: string;
  readonly table_id: string | null;
  readonly record_id: string;
  readonly kind: 'created' | 'updated' | 'deleted';
  readonly fields: string[] | null;
  readonly actor: unknown;
  readonly source: string | null;
  readonly at: Date;
}

/**
 * Changes that no edit of ours made, after our last write of the record: by the stream's order where our write is in it, by
 * Airtable's clock where it is not. That a record of ours was created is our own creation, seen before its answer.
 */
const SINCE = `
  SELECT b.seq, b.table_id, b.record_id, b.kind, b.actor, b.source, b.at,
    (SELECT array_agg(k ORDER BY k COLLATE "C") FROM jsonb_object_keys(coalesce(b.after, '{}')) k) AS fields
  FROM edit_changes c
    JOIN base_changes b ON b.workspace_id = $1 AND b.base_id = $3 AND b.record_id IN (c.record_id, c.restored_as)
      AND b.connection_id = $2 AND b.edit_id IS NULL AND b.kind <> 'created'
    LEFT JOIN LATERAL (SELECT o.seq FROM base_changes o WHERE o.workspace_id = $1 AND o.base_id = $3
      AND o.record_id = b.record_id AND o.edit_id = $4 AND o.connection_id = $2 ORDER BY o.seq DESC LIMIT 1) w ON true
  WHERE c.workspace_id = $1 AND c.edit_id = $4 AND c.sent_at IS NOT NULL
    AND CASE WHEN w.seq IS NULL THEN b.at > coalesce(c.settled_at, c.sent_at) ELSE b.seq > w.seq END`;

async function readSince(
  tx: Tx,
  ref: WatchRef,
  edit: EditRow,
): Promise<{ shown: ChangedSince[]; count: number }> {
  const values = [ref.workspaceId, ref.connectionId, ref.baseId, edit.id];
  const { rows } = await tx.query<SinceRow & Record<string, unknown>>(
    `SELECT * FROM (${SINCE}) s ORDER BY seq LIMIT $5`,
    [...values, COUNTED],
  );
  const shown = rows.slice(0, SHOWN).map((row): ChangedSince => ({
    seq: Number(row.seq),
    recordId: row.record_id,
    tableId: row.table_id,
    kind: row.kind,
    fieldIds: row.fields ?? [],
    by: ChangeActor.nullable().parse(row.actor),
    source: row.source,
    at: row.at.toISOString(),
  }));
  return { shown, count: rows.length };
}
