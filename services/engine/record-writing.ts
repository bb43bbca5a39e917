import type { CellValue } from '../../contracts/airtable';
import { parseCell, type LinkByText, type Writing } from './cell-writing';
import { checkLinks, followLinks, linkFieldsOf, type RecordChange } from './links';
import { insertRows, updateRows, type BasePlace, type StoredCells } from './record-rows';
import { saveOptions } from './schema-rows';
import { optionText, type EngineBase, type EngineTable } from './schema';

/** One record as a write leaves it; `before` is null for a new one. */
export interface Draft {
  readonly id: string;
  readonly createdTime: string;
  readonly before: StoredCells | null;
  readonly after: StoredCells;
}

/** Finds the record that a link by text means, by its primary cell; makes one when there is none. Returns its id. */
async function resolveLink(
  place: BasePlace,
  base: EngineBase,
  link: LinkByText,
  writing: Writing,
  now: Date,
): Promise<string> {
  const table = base.tables.find((t) => t.id === optionText(link.field, 'linkedTableId'));
  const primary = table?.fields.find((field) => field.id === table.primaryFieldId);
  if (!table || !primary) throw new Error(`the link field ${link.field.id} leads to no table`);
  const stored = parseCell(primary, link.text, writing);
  const found = await place.tx.query<{ id: string }>(
    `SELECT id FROM engine_records WHERE workspace_id = $1 AND base_id = $2 AND table_id = $3 AND cells->$4::text = $5::jsonb
     ORDER BY seq LIMIT 1`,
    [place.workspaceId, place.baseId, table.id, primary.id, JSON.stringify(stored)],
  );
  if (found.rows[0]) return found.rows[0].id;
  const cells = stored === null ? {} : { [primary.id]: stored };
  await insertRows(place, table.id, [{ id: link.placeholder, createdTime: now.toISOString(), cells }]);
  return link.placeholder;
}

function replaceIds(
  table: EngineTable,
  cells: StoredCells,
  ids: ReadonlyMap<string, string>,
): Record<string, CellValue> {
  const replaced: Record<string, CellValue> = { ...cells };
  for (const field of linkFieldsOf(table)) {
    const cell = replaced[field.id];
    if (!Array.isArray(cell)) continue;
    const list = cell.map((id) => (typeof id === 'string' ? (ids.get(id) ?? id) : id));
    replaced[field.id] = [...new Set(list)];
  }
  return replaced;
}

/**
 * Writes drafts of one table: links by text resolved, links checked, rows written, the other sides of links and new select
 * options with them. The caller holds the base (`lockBase`). Throws EngineError before anything of it is visible.
 * Returns the drafts as they were written, in their order.
 */
export async function writeDrafts(
  place: BasePlace,
  base: EngineBase,
  table: EngineTable,
  drafts: readonly Draft[],
  writing: Writing,
  now: Date,
): Promise<Draft[]> {
  const ids = new Map<string, string>();
  for (const link of writing.linksByText) {
    ids.set(link.placeholder, await resolveLink(place, base, link, writing, now));
  }
  const written =
    ids.size === 0 ? [...drafts] : drafts.map((d) => ({ ...d, after: replaceIds(table, d.after, ids) }));
  const created = written.filter((draft) => draft.before === null);
  await insertRows(
    place,
    table.id,
    created.map(({ id, createdTime, after }) => ({ id, createdTime, cells: after })),
  );
  const changes: RecordChange[] = written;
  await checkLinks(place, table, changes);
  await updateRows(
    place,
    written.filter((draft) => draft.before !== null).map(({ id, after }) => ({ id, cells: after })),
  );
  await followLinks(place, table, changes);
  for (const field of writing.changedFields) await saveOptions(place, field);
  return written;
}
