import type { CellValue } from '../../contracts/airtable';
import { numberRecords } from '../engine/numbering';
import type { BasePlace } from '../engine/place';
import type { CellStamp, EngineTable, StoredRecord } from '../engine/schema';

type Cells = Readonly<Record<string, CellValue>>;
type Modified = Readonly<Record<string, CellStamp>>;

/** A record that comes with its own id, times and people. */
export interface NewRecord {
  readonly id: string;
  readonly createdTime: string;
  readonly createdBy: string | null;
  readonly after: Cells;
  readonly modified: Modified;
}

/** A record that is there and becomes another. */
export interface ChangedRecord {
  readonly before: StoredRecord;
  readonly after: Cells;
  /** Stamps of the cells that change. */
  readonly modified: Modified;
}

/** Adds records in order, in one statement; numbers that they lack are given. The caller holds the base. */
export async function insertCopies(
  place: BasePlace,
  table: EngineTable,
  records: readonly NewRecord[],
): Promise<void> {
  if (records.length === 0) return;
  const numbered = await numberRecords(place, table, records);
  await place.tx.query(
    `INSERT INTO engine_records (workspace_id, base_id, table_id, id, created_time, created_by, cells, modified)
     SELECT $1, $2, $3, v.id, v.created_time, v.created_by, v.cells, v.modified
     FROM unnest($4::text[], $5::timestamptz[], $6::text[], $7::jsonb[], $8::jsonb[])
       WITH ORDINALITY AS v(id, created_time, created_by, cells, modified, n)
     ORDER BY v.n`,
    [
      place.workspaceId,
      place.baseId,
      table.id,
      numbered.map((r) => r.id),
      numbered.map((r) => r.createdTime),
      numbered.map((r) => r.createdBy),
      numbered.map((r) => JSON.stringify(r.after)),
      numbered.map((r) => JSON.stringify(r.modified)),
    ],
  );
  for (const { id, createdTime, after } of numbered)
    place.changes.noteRecord({ tableId: table.id, id, createdTime, before: null, after });
}

/** Changes records, in one statement. The caller holds the base. */
export async function updateCopies(
  place: BasePlace,
  table: EngineTable,
  records: readonly ChangedRecord[],
): Promise<void> {
  if (records.length === 0) return;
  await place.tx.query(
    `UPDATE engine_records r SET cells = v.cells, modified = r.modified || v.modified
     FROM unnest($3::text[], $4::jsonb[], $5::jsonb[]) AS v(id, cells, modified)
     WHERE r.workspace_id = $1 AND r.base_id = $2 AND r.id = v.id`,
    [
      place.workspaceId,
      place.baseId,
      records.map((r) => r.before.id),
      records.map((r) => JSON.stringify(r.after)),
      records.map((r) => JSON.stringify(r.modified)),
    ],
  );
  for (const { before, after } of records) {
    const { id, createdTime, cells } = before;
    const modifiedBefore = before.modified;
    place.changes.noteRecord({ tableId: table.id, id, createdTime, before: cells, modifiedBefore, after });
  }
}
