import type { CellValue } from '../../contracts/airtable';
import { rowDoesNotExist } from './engine-error';
import type { BasePlace } from './place';
import { RECORD_COLUMNS, readExistingIds, readRows, type RecordRow, type StoredCells } from './record-rows';
import { optionText, type EngineBase, type EngineField, type EngineTable } from './schema';

/** What became of one record: null cells for one that was not there before, or is not any more. */
export interface RecordChange {
  readonly id: string;
  readonly before: StoredCells | null;
  readonly after: StoredCells | null;
}

/** The link fields of a table. */
export function linkFieldsOf(table: EngineTable): readonly EngineField[] {
  return table.fields.filter((field) => field.type === 'multipleRecordLinks');
}

/** The record ids in a stored link cell. */
export function linkedIds(cell: CellValue | undefined): string[] {
  return Array.isArray(cell) ? cell.filter((id) => typeof id === 'string') : [];
}

/** The field on the other side of a link. A copied base can lack it: then the link has one side only. */
function inverseOf(base: EngineBase, field: EngineField): string | undefined {
  const inverseId = optionText(field, 'inverseLinkFieldId');
  const linked = base.tables.find((table) => table.id === optionText(field, 'linkedTableId'));
  return linked?.fields.some((other) => other.id === inverseId) ? inverseId : undefined;
}

/** Throws Airtable's ROW_DOES_NOT_EXIST when a changed record links to one that the linked table does not have. */
export async function checkLinks(
  place: BasePlace,
  table: EngineTable,
  changes: readonly RecordChange[],
): Promise<void> {
  for (const field of linkFieldsOf(table)) {
    const wanted = new Set(changes.flatMap((change) => linkedIds(change.after?.[field.id])));
    if (wanted.size === 0) continue;
    const found = await readExistingIds(place, optionText(field, 'linkedTableId') ?? '', [...wanted]);
    const missing = [...wanted].find((id) => !found.has(id));
    if (missing !== undefined) throw rowDoesNotExist(missing);
  }
}

interface InverseChange {
  readonly add: string[];
  readonly remove: Set<string>;
}

function inverseChanges(field: EngineField, changes: readonly RecordChange[]): Map<string, InverseChange> {
  const byTarget = new Map<string, InverseChange>();
  const at = (target: string) => {
    const known = byTarget.get(target) ?? { add: [], remove: new Set<string>() };
    byTarget.set(target, known);
    return known;
  };
  for (const { id, before, after } of changes) {
    const old = new Set(linkedIds(before?.[field.id]));
    const now = new Set(linkedIds(after?.[field.id]));
    for (const target of now) if (!old.has(target)) at(target).add.push(id);
    for (const target of old) if (!now.has(target)) at(target).remove.add(id);
  }
  return byTarget;
}

async function updateInverse(
  place: BasePlace,
  inverseId: string,
  changes: ReadonlyMap<string, InverseChange>,
): Promise<void> {
  const links = new Map<string, string[]>();
  for (const row of await readRows(place, [...changes.keys()])) {
    const change = changes.get(row.id);
    if (!change) continue;
    const kept = linkedIds(row.cells[inverseId]).filter((id) => !change.remove.has(id));
    const known = new Set(kept);
    const list = [...kept, ...change.add.filter((id) => !known.has(id))];
    links.set(row.id, list);
    noteLinks(place, row, inverseId, list);
  }
  await setLinks(place, inverseId, links);
}

function noteLinks(place: BasePlace, row: RecordRow, fieldId: string, links: readonly string[]): void {
  const { [fieldId]: _, ...others } = row.cells;
  place.changes.noteRecord({
    tableId: row.table_id,
    id: row.id,
    createdTime: row.created_time.toISOString(),
    before: row.cells,
    modifiedBefore: row.modified,
    after: links.length === 0 ? others : { ...others, [fieldId]: [...links] },
  });
}

/** Writes one link field of records, stamped as changed now. */
async function setLinks(
  place: BasePlace,
  fieldId: string,
  links: ReadonlyMap<string, readonly string[]>,
): Promise<void> {
  if (links.size === 0) return;
  await place.tx.query(
    `UPDATE engine_records r
     SET cells = CASE WHEN v.links = '[]' THEN r.cells - $5::text ELSE jsonb_set(r.cells, ARRAY[$5::text], v.links) END,
       modified = jsonb_set(r.modified, ARRAY[$5::text], $6::jsonb)
     FROM unnest($3::text[], $4::jsonb[]) AS v(id, links)
     WHERE r.workspace_id = $1 AND r.base_id = $2 AND r.id = v.id`,
    [
      place.workspaceId,
      place.baseId,
      [...links.keys()],
      [...links.values()].map((list) => JSON.stringify(list)),
      fieldId,
      JSON.stringify([place.now.toISOString(), place.by.userId]),
    ],
  );
}

/** Brings the other side of every link in step with what changed on this one. */
export async function followLinks(
  place: BasePlace,
  base: EngineBase,
  table: EngineTable,
  changes: readonly RecordChange[],
): Promise<void> {
  for (const field of linkFieldsOf(table)) {
    const inverseId = inverseOf(base, field);
    if (inverseId === undefined) continue;
    const byTarget = inverseChanges(field, changes);
    if (byTarget.size > 0) await updateInverse(place, inverseId, byTarget);
  }
}

/** Takes deleted records out of the link cells that have no other side: a table's links to itself. */
export async function dropOneSidedLinks(
  place: BasePlace,
  base: EngineBase,
  table: EngineTable,
  deleted: readonly string[],
): Promise<void> {
  for (const from of base.tables) {
    for (const field of linkFieldsOf(from)) {
      if (optionText(field, 'linkedTableId') !== table.id) continue;
      if (inverseOf(base, field) !== undefined) continue;
      const { rows } = await place.tx.query<RecordRow>(
        `SELECT ${RECORD_COLUMNS} FROM engine_records r
         WHERE r.workspace_id = $1 AND r.base_id = $2 AND r.table_id = $3 AND r.cells->$5::text ?| $4`,
        [place.workspaceId, place.baseId, from.id, deleted, field.id],
      );
      const links = new Map<string, string[]>();
      for (const row of rows) {
        const kept = linkedIds(row.cells[field.id]).filter((id) => !deleted.includes(id));
        links.set(row.id, kept);
        noteLinks(place, row, field.id, kept);
      }
      await setLinks(place, field.id, links);
    }
  }
}
