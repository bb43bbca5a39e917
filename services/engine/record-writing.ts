import type { CellValue } from '../../contracts/airtable';
import { saveAttachments } from './attachments/save-attachments';
import { touchSchema } from './base-rows';
import { invalidValue } from './engine-error';
import { parseCell, type LinkByText, type OpenTable, type Writing } from './cell-writing';
import { checkLinks, followLinks, linkFieldsOf } from './links';
import { numberRecords } from './numbering';
import type { BasePlace } from './place';
import { insertRows, updateRows, type StoredCells } from './record-rows';
import { saveOptions } from './schema-rows';
import { optionText, type CellStamp, type EngineBase, type EngineTable, type StoredRecord } from './schema';

/** One record as a write leaves it; `before` is null for a new one. */
export interface Draft {
  readonly id: string;
  readonly before: StoredRecord | null;
  readonly after: StoredCells;
  /** ISO; of a new record that is older than this request. */
  readonly createdTime?: string;
}

/** Finds the record that a link by text means, by its primary cell; makes one when there is none. Returns its id. */
async function resolveLink(
  place: BasePlace,
  base: EngineBase,
  link: LinkByText,
  writing: Writing,
): Promise<string> {
  const table = base.tables.find((t) => t.id === optionText(link.field, 'linkedTableId'));
  const primary = table?.fields.find((field) => field.id === table.primaryFieldId);
  if (!table || !primary) throw new Error(`the link field ${link.field.id} leads to no table`);
  const stored = parseCell(primary, link.text, writing);
  // A record without a name could not be found again: every repeat would make one more.
  if (stored === null)
    throw invalidValue(link.field.name, `"${link.text}" cannot be the name of a record there`);
  const found = await place.tx.query<{ id: string }>(
    `SELECT id FROM engine_records WHERE workspace_id = $1 AND base_id = $2 AND table_id = $3 AND cells->$4::text = $5::jsonb
     ORDER BY seq LIMIT 1`,
    [place.workspaceId, place.baseId, table.id, primary.id, JSON.stringify(stored)],
  );
  if (found.rows[0]) return found.rows[0].id;
  const cells = stored === null ? {} : { [primary.id]: stored };
  await insertDrafts(place, table, [{ id: link.placeholder, before: null, after: cells }]);
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

/** Adds records to a table, with the numbers they lack. Returns them as they are now. The caller holds the base. */
export async function insertRecords(
  place: BasePlace,
  table: EngineTable,
  records: readonly StoredRecord[],
): Promise<readonly StoredRecord[]> {
  const numbered = await numberRecords(place, table, records);
  await insertRows(place, table.id, numbered);
  return numbered;
}

function insertDrafts(
  place: BasePlace,
  table: EngineTable,
  drafts: readonly Draft[],
): Promise<readonly StoredRecord[]> {
  const records = drafts.map(({ id, createdTime, after }) => ({
    id,
    createdTime: createdTime ?? place.now.toISOString(),
    createdBy: place.by.userId,
    cells: after,
    modified: {},
  }));
  return insertRecords(place, table, records);
}

/** The fields whose cells are other than they were. */
export function changedFieldsOf(before: StoredCells, after: StoredCells): string[] {
  const ids = new Set([...Object.keys(before), ...Object.keys(after)]);
  return [...ids].filter((id) => JSON.stringify(before[id]) !== JSON.stringify(after[id]));
}

async function updateDrafts(
  place: BasePlace,
  table: EngineTable,
  drafts: readonly Draft[],
): Promise<StoredRecord[]> {
  const stamp: CellStamp = [place.now.toISOString(), place.by.userId];
  const changes = drafts.flatMap(({ before, after }) => {
    if (!before) return [];
    const changed = changedFieldsOf(before.cells, after);
    return [{ before, after, stamps: Object.fromEntries(changed.map((fieldId) => [fieldId, stamp])) }];
  });
  await updateRows(
    place,
    table.id,
    changes.filter(({ stamps }) => Object.keys(stamps).length > 0),
  );
  return changes.map(({ before, after, stamps }) => ({
    ...before,
    cells: after,
    modified: { ...before.modified, ...stamps },
  }));
}

/**
 * Writes drafts of one table: links by text resolved, links checked, rows written, the other sides of links, new select
 * options and attachments with them. Throws EngineError before anything of it is visible. Returns the records as they are
 * now, in the drafts' order.
 */
export async function writeDrafts(
  place: BasePlace,
  { base, table, writing }: OpenTable,
  drafts: readonly Draft[],
): Promise<StoredRecord[]> {
  const ids = new Map<string, string>();
  for (const link of writing.linksByText) {
    ids.set(link.placeholder, await resolveLink(place, base, link, writing));
  }
  const written =
    ids.size === 0 ? [...drafts] : drafts.map((d) => ({ ...d, after: replaceIds(table, d.after, ids) }));
  await saveAttachments(place, writing.attachments);
  const created = await insertDrafts(
    place,
    table,
    written.filter((draft) => draft.before === null),
  );
  const changes = written.map(({ id, before, after }) => ({ id, before: before?.cells ?? null, after }));
  await checkLinks(place, table, changes);
  const updated = await updateDrafts(
    place,
    table,
    written.filter((draft) => draft.before !== null),
  );
  await followLinks(place, base, table, changes);
  for (const field of writing.changedFields) await saveOptions(place, field);
  if (writing.changedFields.size > 0) await touchSchema(place);
  const byId = new Map([...created, ...updated].map((record) => [record.id, record]));
  return drafts.flatMap(({ id }) => byId.get(id) ?? []);
}
