import type { CellValue } from '../../contracts/airtable';
import type { Tx } from '../database/database';
import { isEngineId } from './engine-ids';
import type { StoredRecord } from './schema';

export type StoredCells = Readonly<Record<string, CellValue>>;

/** Where records are: a transaction, a workspace and one of its bases. */
export interface BasePlace {
  readonly tx: Tx;
  readonly workspaceId: string;
  readonly baseId: string;
}

export interface RecordRow {
  id: string;
  table_id: string;
  created_time: Date;
  cells: Record<string, CellValue>;
}

/** Rows a statement writes at once: large enough to be fast, small enough for any message limit. */
const CHUNK = 1_000;

function* chunks<T>(items: readonly T[]): Generator<readonly T[]> {
  for (let i = 0; i < items.length; i += CHUNK) yield items.slice(i, i + CHUNK);
}

/** A row as the rest of the engine knows a record. */
export function toRecord(row: RecordRow): StoredRecord {
  return { id: row.id, createdTime: row.created_time.toISOString(), cells: row.cells };
}

/** Records of the base by id, from any table or from one; ids that are not there are left out. */
export async function readRecords(
  place: BasePlace,
  ids: readonly string[],
  tableId?: string,
): Promise<Map<string, StoredRecord>> {
  const wellFormed = ids.filter((id) => isEngineId('rec', id));
  const found = await place.tx.query<RecordRow>(
    `SELECT id, table_id, created_time, cells FROM engine_records
     WHERE workspace_id = $1 AND base_id = $2 AND id = ANY($3) AND ($4::text IS NULL OR table_id = $4)`,
    [place.workspaceId, place.baseId, wellFormed, tableId ?? null],
  );
  return new Map(found.rows.map((row) => [row.id, toRecord(row)]));
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

/** Adds records in the order given. The caller has made sure that their ids are free. */
export async function insertRows(
  place: BasePlace,
  tableId: string,
  records: readonly StoredRecord[],
): Promise<void> {
  for (const part of chunks(records)) {
    await place.tx.query(
      `INSERT INTO engine_records (workspace_id, base_id, table_id, id, created_time, cells)
       SELECT $1, $2, $3, v.id, v.created_time, v.cells
       FROM unnest($4::text[], $5::timestamptz[], $6::jsonb[]) WITH ORDINALITY AS v(id, created_time, cells, n) ORDER BY v.n`,
      [
        place.workspaceId,
        place.baseId,
        tableId,
        part.map((r) => r.id),
        part.map((r) => r.createdTime),
        part.map((r) => JSON.stringify(r.cells)),
      ],
    );
  }
}

/** Replaces all cells of records that are there. */
export async function updateRows(
  place: BasePlace,
  records: readonly { readonly id: string; readonly cells: StoredCells }[],
): Promise<void> {
  for (const part of chunks(records)) {
    await place.tx.query(
      `UPDATE engine_records r SET cells = v.cells FROM unnest($3::text[], $4::jsonb[]) AS v(id, cells)
       WHERE r.workspace_id = $1 AND r.base_id = $2 AND r.id = v.id`,
      [place.workspaceId, place.baseId, part.map((r) => r.id), part.map((r) => JSON.stringify(r.cells))],
    );
  }
}

/** Removes records. */
export async function deleteRows(place: BasePlace, ids: readonly string[]): Promise<void> {
  await place.tx.query(
    'DELETE FROM engine_records WHERE workspace_id = $1 AND base_id = $2 AND id = ANY($3)',
    [place.workspaceId, place.baseId, ids],
  );
}
