import type { BasePlace } from './place';
import type { StoredCells } from './record-rows';
import type { EngineTable } from './schema';

/**
 * Gives new records their numbers in every autoNumber field of the table, in order. The caller holds the base. A record
 * that brings a number keeps it, and later ones count on from the highest.
 */
export async function numberRecords<R extends { readonly cells: StoredCells }>(
  place: BasePlace,
  table: EngineTable,
  records: readonly R[],
): Promise<readonly R[]> {
  let numbered = records;
  if (records.length === 0) return records;
  for (const field of table.fields.filter((f) => f.type === 'autoNumber')) {
    const given = records.map(({ cells }) => cells[field.id]);
    const highest = Math.max(0, ...given.filter((number) => typeof number === 'number'));
    const missing = given.filter((number) => typeof number !== 'number').length;
    const { rows } = await place.tx.query<{ first: string }>(
      `UPDATE engine_fields SET last_number = greatest(last_number, $4) + $5
       WHERE workspace_id = $1 AND base_id = $2 AND id = $3 RETURNING (last_number - $5 + 1)::text AS first`,
      [place.workspaceId, place.baseId, field.id, highest, missing],
    );
    let next = Number(rows[0]?.first ?? 1);
    numbered = numbered.map((record) =>
      typeof record.cells[field.id] === 'number'
        ? record
        : { ...record, cells: { ...record.cells, [field.id]: next++ } },
    );
  }
  return numbered;
}

/** Numbers the records that a table has already, in the order of creation, for an autoNumber field that is new. */
export async function numberTable(place: BasePlace, tableId: string, fieldId: string): Promise<void> {
  const at = [place.workspaceId, place.baseId, tableId, fieldId];
  await place.tx.query(
    `UPDATE engine_records r SET cells = jsonb_set(r.cells, ARRAY[$4::text], to_jsonb(n.number))
     FROM (SELECT id, row_number() OVER (ORDER BY seq) AS number FROM engine_records
       WHERE workspace_id = $1 AND base_id = $2 AND table_id = $3) n
     WHERE r.workspace_id = $1 AND r.base_id = $2 AND r.id = n.id`,
    at,
  );
  await place.tx.query(
    `UPDATE engine_fields SET last_number = (SELECT count(*) FROM engine_records
       WHERE workspace_id = $1 AND base_id = $2 AND table_id = $3)
     WHERE workspace_id = $1 AND base_id = $2 AND id = $4`,
    at,
  );
}
