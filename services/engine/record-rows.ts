import type { CellValue } from '../../contracts/airtable';
import type { PreparedStatement } from '../database/database';
import { isEngineId } from './engine-ids';
import type { BasePlace } from './place';
import type { CellStamp, StoredRecord } from './schema';

export type StoredCells = StoredRecord['cells'];

export interface RecordRow {
  id: string;
  table_id: string;
  created_time: Date;
  created_by: string | null;
  cells: Record<string, CellValue>;
  modified: Record<string, CellStamp>;
}

/** What makes a `RecordRow`, of the row `r`. */
export const RECORD_COLUMNS = 'r.id, r.table_id, r.created_time, r.created_by, r.cells, r.modified';

/** Rows a statement writes at once: large enough to be fast, small enough for any message limit. */
const CHUNK = 1_000;

/** Writes records by one statement after the other. Only the last of them is not waited for: memory stays bounded. */
async function writeInChunks<R>(
  place: BasePlace,
  records: readonly R[],
  statement: PreparedStatement,
  valuesOf: (part: readonly R[]) => readonly unknown[],
): Promise<void> {
  for (let i = 0; i < records.length; i += CHUNK) {
    const values = [place.workspaceId, place.baseId, ...valuesOf(records.slice(i, i + CHUNK))];
    if (i + CHUNK < records.length) await place.tx.query(statement, values);
    else place.tx.send(statement, values);
  }
}

/** A row as the rest of the engine knows a record. */
export function toRecord(row: RecordRow): StoredRecord {
  return {
    id: row.id,
    createdTime: row.created_time.toISOString(),
    createdBy: row.created_by,
    cells: row.cells,
    modified: row.modified,
  };
}

/** Rows of the base by record id, from whatever table; ids that are not there are left out. */
export async function readRows(place: BasePlace, ids: readonly string[]): Promise<RecordRow[]> {
  const wellFormed = ids.filter((id) => isEngineId('rec', id));
  if (wellFormed.length === 0) return [];
  const found = await place.tx.query<RecordRow>(
    `SELECT ${RECORD_COLUMNS} FROM engine_records r WHERE r.workspace_id = $1 AND r.base_id = $2 AND r.id = ANY($3)`,
    [place.workspaceId, place.baseId, wellFormed],
  );
  return found.rows;
}

/** Records of a table by id; ids that it does not have are left out. */
export async function readRecords(
  place: BasePlace,
  ids: readonly string[],
  tableId: string,
): Promise<Map<string, StoredRecord>> {
  const rows = await readRows(place, ids);
  return new Map(rows.filter((row) => row.table_id === tableId).map((row) => [row.id, toRecord(row)]));
}

/** Which of the ids a table has. */
export async function readExistingIds(
  place: BasePlace,
  tableId: string,
  ids: readonly string[],
): Promise<ReadonlySet<string>> {
  const found = await place.tx.query<{ id: string }>(
    'SELECT id FROM engine_records WHERE workspace_id = $1 AND base_id = $2 AND table_id = $3 AND id = ANY($4)',
    [place.workspaceId, place.baseId, tableId, ids],
  );
  return new Set(found.rows.map((row) => row.id));
}

const INSERT: PreparedStatement = {
  name: 'insert records',
  text: `INSERT INTO engine_records (workspace_id, base_id, table_id, id, created_time, created_by, cells, modified)
    SELECT $1, $2, $3, v.id, v.created_time, v.created_by, v.cells, v.modified
    FROM unnest($4::text[], $5::timestamptz[], $6::text[], $7::jsonb[], $8::jsonb[])
      WITH ORDINALITY AS v(id, created_time, created_by, cells, modified, n)
    ORDER BY v.n`,
};

/** Adds records in the order given, and notes that they are new. The caller has made sure that their ids are free. */
export async function insertRows(
  place: BasePlace,
  tableId: string,
  records: readonly StoredRecord[],
): Promise<void> {
  await writeInChunks(place, records, INSERT, (part) => [
    tableId,
    part.map((r) => r.id),
    part.map((r) => r.createdTime),
    part.map((r) => r.createdBy),
    part.map((r) => JSON.stringify(r.cells)),
    part.map((r) => JSON.stringify(r.modified)),
  ]);
  for (const { id, createdTime, cells } of records)
    place.changes.noteRecord({ tableId, id, createdTime, before: null, after: cells });
}

const UPDATE: PreparedStatement = {
  name: 'update records',
  text: `UPDATE engine_records r SET cells = v.cells, modified = r.modified || v.stamps
    FROM unnest($3::text[], $4::jsonb[], $5::jsonb[]) AS v(id, cells, stamps)
    WHERE r.workspace_id = $1 AND r.base_id = $2 AND r.id = v.id`,
};

/** A record that is there and becomes another; `stamps` are those of the cells that change. */
export interface RowChange {
  readonly before: StoredRecord;
  readonly after: StoredCells;
  readonly stamps: StoredRecord['modified'];
}

/** Replaces all cells of records of one table, and notes what changed. */
export async function updateRows(
  place: BasePlace,
  tableId: string,
  changes: readonly RowChange[],
): Promise<void> {
  await writeInChunks(place, changes, UPDATE, (part) => [
    part.map(({ before }) => before.id),
    part.map(({ after }) => JSON.stringify(after)),
    part.map(({ stamps }) => JSON.stringify(stamps)),
  ]);
  for (const { before, after } of changes) {
    const { id, createdTime, cells, modified: modifiedBefore } = before;
    place.changes.noteRecord({ tableId, id, createdTime, before: cells, modifiedBefore, after });
  }
}

/** Removes records of one table, and notes that. */
export async function deleteRows(
  place: BasePlace,
  tableId: string,
  records: readonly StoredRecord[],
): Promise<void> {
  await place.tx.query(
    'DELETE FROM engine_records WHERE workspace_id = $1 AND base_id = $2 AND id = ANY($3)',
    [place.workspaceId, place.baseId, records.map((record) => record.id)],
  );
  for (const { id, createdTime, cells } of records)
    place.changes.noteRecord({ tableId, id, createdTime, before: cells, after: null });
}
