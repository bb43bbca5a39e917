import type { CellValue } from '../../contracts/airtable';
import type { BasePlace } from '../engine/place';
import type { CellStamp } from '../engine/schema';

/** What is known of a record from when it was last copied. */
export interface CopiedRecord {
  readonly id: string;
  readonly cells: Readonly<Record<string, CellValue>>;
  /** Who changed which cell last, and when, as far as fields of the source tell. */
  readonly stamps: Readonly<Record<string, CellStamp>>;
  /** Comments that copies brought: {id: digest}. */
  readonly comments: Readonly<Record<string, string>>;
  /** The last pass that met it. */
  readonly seen: number;
}

/** Records by id as they were last copied; others are left out. */
export async function readCopied(
  place: BasePlace,
  ids: readonly string[],
): Promise<ReadonlyMap<string, CopiedRecord>> {
  const { rows } = await place.tx.query<Omit<CopiedRecord, 'seen'> & { seen: string }>(
    `SELECT record_id AS id, cells, stamps, comments, seen::text AS seen FROM copied_records
     WHERE workspace_id = $1 AND base_id = $2 AND record_id = ANY($3)`,
    [place.workspaceId, place.baseId, ids],
  );
  return new Map(rows.map((row) => [row.id, { ...row, seen: Number(row.seen) }]));
}

/** Keeps what the source holds now. */
export async function saveCopied(
  place: BasePlace,
  tableId: string,
  pass: number,
  records: readonly Pick<CopiedRecord, 'id' | 'cells' | 'stamps'>[],
): Promise<void> {
  if (records.length === 0) return;
  await place.tx.query(
    `INSERT INTO copied_records (workspace_id, base_id, table_id, seen, record_id, cells, stamps)
     SELECT $1, $2, $3, $4, v.id, v.cells, v.stamps
     FROM unnest($5::text[], $6::jsonb[], $7::jsonb[]) AS v(id, cells, stamps)
     ON CONFLICT (workspace_id, base_id, record_id) DO UPDATE
       SET table_id = excluded.table_id, seen = excluded.seen, cells = excluded.cells, stamps = excluded.stamps`,
    [
      place.workspaceId,
      place.baseId,
      tableId,
      pass,
      records.map((r) => r.id),
      records.map((r) => JSON.stringify(r.cells)),
      records.map((r) => JSON.stringify(r.stamps)),
    ],
  );
}

/** Notes that a pass has met records that did not change. */
export async function markSeen(place: BasePlace, pass: number, ids: readonly string[]): Promise<void> {
  if (ids.length === 0) return;
  await place.tx.query(
    'UPDATE copied_records SET seen = $3 WHERE workspace_id = $1 AND base_id = $2 AND record_id = ANY($4)',
    [place.workspaceId, place.baseId, pass, ids],
  );
}

/** Keeps which comments of a record came. */
export async function saveCopiedComments(
  place: BasePlace,
  recordId: string,
  comments: Readonly<Record<string, string>>,
): Promise<void> {
  await place.tx.query(
    'UPDATE copied_records SET comments = $4 WHERE workspace_id = $1 AND base_id = $2 AND record_id = $3',
    [place.workspaceId, place.baseId, recordId, JSON.stringify(comments)],
  );
}
