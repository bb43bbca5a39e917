import type { CellValue } from '../../contracts/airtable';
import { readRows, toRecord, updateRows } from '../engine/record-rows';
import type { BasePlace } from '../engine/place';
import { optionText, type EngineBase, type EngineField, type EngineTable } from '../engine/schema';

/** Records mended at once. */
const BATCH = 500;

/** A link of the base whose cells are brought in step with those of its other side, where it has one. */
export interface LinkSide {
  readonly table: EngineTable;
  readonly field: EngineField;
  readonly linkedTableId: string;
  /** The other side, which counts: its table was read later. */
  readonly leading: { readonly tableId: string; readonly fieldId: string } | null;
}

/**
 * The links of a base in a fixed order. Pages of a source are no snapshot: what was linked while they were read shows on one
 * side only. The side that was read later tells how it is now (`order`: tables as they were read).
 */
export function linkSidesOf(base: EngineBase, order: readonly string[]): LinkSide[] {
  const placeOf = (tableId: string) => (order.includes(tableId) ? order.indexOf(tableId) : order.length);
  return base.tables.flatMap((table) =>
    table.fields.flatMap((field): LinkSide[] => {
      const linkedTableId = optionText(field, 'linkedTableId');
      if (field.type !== 'multipleRecordLinks' || linkedTableId === undefined) return [];
      const other = base.tables
        .find((t) => t.id === linkedTableId)
        ?.fields.find((f) => f.id === optionText(field, 'inverseLinkFieldId') && f.id !== field.id);
      const [mine, theirs] = [placeOf(table.id), placeOf(linkedTableId)];
      const follows = other && (mine < theirs || (mine === theirs && field.id < other.id));
      return [
        {
          table,
          field,
          linkedTableId,
          leading: follows ? { tableId: linkedTableId, fieldId: other.id } : null,
        },
      ];
    }),
  );
}

interface Mended {
  readonly id: string;
  readonly links: readonly string[];
}

/** Takes links to records that are not there out of some cells, or brings some in step. Returns whether there may be more. */
export async function mendLinks(place: BasePlace, side: LinkSide): Promise<boolean> {
  const dangling = await findDangling(place, side);
  const mended = dangling.length > 0 ? dangling : await findUneven(place, side);
  if (mended.length === 0) return false;
  const links = new Map(mended.map((m) => [m.id, m.links]));
  const rows = await readRows(place, [...links.keys()]);
  await updateRows(
    place,
    side.table.id,
    rows.map((row) => {
      const { [side.field.id]: _, ...others } = row.cells;
      const list: CellValue = [...(links.get(row.id) ?? [])];
      const after = list.length > 0 ? { ...others, [side.field.id]: list } : others;
      return { before: toRecord(row), after, stamps: {} };
    }),
  );
  return true;
}

const Links = `jsonb_array_elements_text(CASE jsonb_typeof(r.cells->$4::text) WHEN 'array' THEN r.cells->$4::text ELSE '[]' END)`;

async function findDangling(place: BasePlace, { table, field, linkedTableId }: LinkSide): Promise<Mended[]> {
  const { rows } = await place.tx.query<Mended>(
    `SELECT r.id, coalesce(jsonb_agg(l.id ORDER BY l.n) FILTER (WHERE t.id IS NOT NULL), '[]') AS links
     FROM engine_records r, ${Links} WITH ORDINALITY AS l(id, n)
       LEFT JOIN engine_records t ON t.workspace_id = $1 AND t.base_id = $2 AND t.table_id = $5 AND t.id = l.id
     WHERE r.workspace_id = $1 AND r.base_id = $2 AND r.table_id = $3 AND r.cells ? $4
     GROUP BY r.id HAVING count(*) > count(t.id) ORDER BY r.id LIMIT $6`,
    [place.workspaceId, place.baseId, table.id, field.id, linkedTableId, BATCH],
  );
  return rows;
}

/** Cells that name other records than those which name theirs: with what the leading side says, in their own order. */
async function findUneven(place: BasePlace, { table, field, leading }: LinkSide): Promise<Mended[]> {
  if (!leading) return [];
  const { rows } = await place.tx.query<Mended>(
    `WITH mine AS (
       SELECT r.id AS me, l.id AS other, l.n FROM engine_records r, ${Links} WITH ORDINALITY AS l(id, n)
       WHERE r.workspace_id = $1 AND r.base_id = $2 AND r.table_id = $3 AND r.cells ? $4),
     theirs AS (
       SELECT l.id AS me, r.id AS other, r.seq FROM engine_records r, ${Links.replaceAll('$4', '$6')} AS l(id)
       WHERE r.workspace_id = $1 AND r.base_id = $2 AND r.table_id = $5 AND r.cells ? $6),
     uneven AS (
       SELECT DISTINCT coalesce(mine.me, theirs.me) AS me FROM mine FULL JOIN theirs USING (me, other)
       WHERE mine.n IS NULL OR theirs.seq IS NULL ORDER BY 1 LIMIT $7)
     SELECT uneven.me AS id, coalesce(jsonb_agg(theirs.other ORDER BY mine.n, theirs.seq) FILTER (WHERE theirs.other IS NOT NULL), '[]') AS links
     FROM uneven LEFT JOIN theirs ON theirs.me = uneven.me
       LEFT JOIN mine ON mine.me = theirs.me AND mine.other = theirs.other
     GROUP BY uneven.me`,
    [place.workspaceId, place.baseId, table.id, field.id, leading.tableId, leading.fieldId, BATCH],
  );
  return rows;
}
