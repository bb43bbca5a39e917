import type { CellValue } from '../../contracts/airtable';
import { rowDoesNotExist } from './engine-error';
import { readExistingIds, type BasePlace, type StoredCells } from './record-rows';
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
  const targets = [...changes.keys()];
  const found = await place.tx.query<{ id: string; links: CellValue }>(
    'SELECT id, cells->$4::text AS links FROM engine_records WHERE workspace_id = $1 AND base_id = $2 AND id = ANY($3)',
    [place.workspaceId, place.baseId, targets, inverseId],
  );
  const ids: string[] = [];
  const lists: string[] = [];
  for (const row of found.rows) {
    const change = changes.get(row.id);
    if (!change) continue;
    const kept = linkedIds(row.links).filter((id) => !change.remove.has(id));
    const known = new Set(kept);
    ids.push(row.id);
    lists.push(JSON.stringify([...kept, ...change.add.filter((id) => !known.has(id))]));
  }
  await place.tx.query(
    `UPDATE engine_records r
     SET cells = CASE WHEN v.links = '[]' THEN r.cells - $5::text ELSE jsonb_set(r.cells, ARRAY[$5::text], v.links) END
     FROM unnest($3::text[], $4::jsonb[]) AS v(id, links)
     WHERE r.workspace_id = $1 AND r.base_id = $2 AND r.id = v.id`,
    [place.workspaceId, place.baseId, ids, lists, inverseId],
  );
}

/** Brings the other side of every link in step with what changed on this one. */
export async function followLinks(
  place: BasePlace,
  table: EngineTable,
  changes: readonly RecordChange[],
): Promise<void> {
  for (const field of linkFieldsOf(table)) {
    const inverseId = optionText(field, 'inverseLinkFieldId');
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
      if (optionText(field, 'inverseLinkFieldId') !== undefined) continue;
      await place.tx.query(
        `UPDATE engine_records r SET cells = CASE WHEN v.links IS NULL THEN r.cells - $5::text
           ELSE jsonb_set(r.cells, ARRAY[$5::text], v.links) END
         FROM (SELECT id, (SELECT jsonb_agg(l.item ORDER BY l.n) FROM jsonb_array_elements(cells->$5::text) WITH ORDINALITY AS l(item, n)
             WHERE NOT (l.item #>> '{}') = ANY($4)) AS links
           FROM engine_records WHERE workspace_id = $1 AND base_id = $2 AND table_id = $3 AND cells->$5::text ?| $4) v
         WHERE r.workspace_id = $1 AND r.base_id = $2 AND r.id = v.id`,
        [place.workspaceId, place.baseId, from.id, deleted, field.id],
      );
    }
  }
}
