import type { AirtableRecord } from '../../contracts/airtable';
import type { Lost } from '../../contracts/restoring';
import type { BeforeImage } from './before-images';
import { linkFieldsOf, readCells, type LinkCell, type LinkFields } from './inbound-links';
import { putBack } from './link-merging';
import type { Restoration } from './restorations';
import { idsOf } from './restored-links';
import type { EditRun } from './run';
import { readSuccessors } from './successors';
import { writeCells, type CellWrite } from './restoring-writes';

/** A record that was created again, with what it held. */
export interface Returned {
  readonly restoration: Restoration;
  readonly image: BeforeImage | undefined;
  /** Its own link cells before it was deleted. */
  readonly links: readonly LinkCell[];
}

/** A cell of another record that held a link to a returned one, with ids of today. */
interface Pointing {
  readonly returned: Returned;
  readonly cell: LinkCell;
}

interface Place {
  readonly run: EditRun;
  readonly fields: LinkFields;
  readonly lost: Map<number, Lost[]>;
  /** Records that took the place of deleted ones. */
  readonly successors: ReadonlySet<string>;
  /** Link cells, by `record/field`, that this edit or revert wrote itself: what it moved there nobody else took away. */
  readonly moved: ReadonlySet<string>;
}

const cellKey = (recordId: string, fieldId: string) => `${recordId}/${fieldId}`;

/**
 * Gives returned records their links (`own`, for all of them first), then those that pointed to them theirs (`pointing`), each
 * in its old place. What others added to such a cell stays. A cell that somebody changed otherwise keeps what it holds. Returns
 * what did not come back, by ordinal. May be repeated: what is there already is not written.
 */
export async function restoreLinks(
  run: EditRun,
  group: readonly Returned[],
  side: 'own' | 'pointing',
): Promise<Map<number, Lost[]>> {
  const schema = await run.readSchema();
  const fields = linkFieldsOf(schema);
  const { followed, own, pointing } = await collect(run, group, fields);
  const successors = new Set([...followed].filter(([now, before]) => now !== before).map(([now]) => now));
  const moved = await readMoved(run, followed, pointing);
  const place: Place = { run, fields, lost: new Map(), successors, moved };
  if (own.length === 0 && pointing.length === 0) return place.lost;
  const now = await readNow(run, fields, own, pointing);
  const settled = await readSettledByEdit(run, followed, pointing);
  const blocked = new Set<string>();
  for (const one of pointing) {
    const key = cellKey(one.cell.recordId, one.cell.fieldId);
    const ours = settled.has(key);
    const why = ours ? undefined : changedSince(place, one, now);
    if (!ours && why === undefined) continue;
    blocked.add(`${key}/${one.returned.restoration.newId}`);
    if (why !== undefined) lose(place, one.returned, key, why);
  }
  if (side === 'own') await write(place, ownWrites(place, own, now, blocked), own);
  else await write(place, pointingWrites(pointing, now, blocked), pointing);
  return place.lost;
}

async function collect(run: EditRun, group: readonly Returned[], fields: LinkFields) {
  const cells = group.flatMap((r) => [...r.links, ...(r.image?.links ?? [])]);
  const ids = cells.flatMap((cell) => [cell.recordId, ...cell.ids]);
  const successors = await run.db.tenant(run.workspaceId, (tx) => readSuccessors(tx, run.baseId, ids));
  const today = (id: string) => successors.get(id) ?? id;
  const follow = (cell: LinkCell): LinkCell => ({
    ...cell,
    recordId: today(cell.recordId),
    ids: cell.ids.map(today),
  });
  const of = (cellsOf: (r: Returned) => readonly LinkCell[]): Pointing[] =>
    group.flatMap((returned) =>
      cellsOf(returned)
        .filter(({ fieldId }) => fields.has(fieldId))
        .map((cell) => ({ returned, cell: follow(cell) })),
    );
  // The ids of before, by those of today: journals of before know these only.
  const followed = new Map(ids.map((id) => [today(id), id]));
  return { followed, own: of((r) => r.links), pointing: of((r) => r.image?.links ?? []) };
}

/** All records that the links are about, as far as they are there, with the cells that point to a returned one. */
async function readNow(
  run: EditRun,
  fields: LinkFields,
  own: readonly Pointing[],
  pointing: readonly Pointing[],
): Promise<Map<string, AirtableRecord>> {
  const wanted = new Map<string, { ids: Set<string>; fields: Set<string> }>();
  const want = (tableId: string, ids: readonly string[], fieldId?: string) => {
    const some = wanted.get(tableId) ?? { ids: new Set(), fields: new Set() };
    for (const id of ids) some.ids.add(id);
    if (fieldId !== undefined) some.fields.add(fieldId);
    wanted.set(tableId, some);
  };
  for (const { cell } of pointing) {
    want(cell.tableId, [cell.recordId], cell.fieldId);
    // Whether a record is gone decides on whether somebody took its link away.
    want(fields.get(cell.fieldId)?.linkedTableId ?? '', cell.ids);
  }
  for (const { cell } of own) {
    want(cell.tableId, [cell.recordId], cell.fieldId);
    want(fields.get(cell.fieldId)?.linkedTableId ?? '', cell.ids);
  }
  const now = new Map<string, AirtableRecord>();
  for (const [tableId, { ids, fields: named }] of wanted) {
    // No field at all would mean every field.
    const any = [...fields.values()].find((field) => field.tableId === tableId);
    const some = named.size || !any ? [...named] : [any.id];
    for await (const record of readCells(run, tableId, [...ids], some)) now.set(record.id, record);
  }
  return now;
}

/** Cells that the reverted edit changed itself: its revert writes them back as they were before that edit, or leaves them. */
async function readSettledByEdit(
  run: EditRun,
  followed: ReadonlyMap<string, string>,
  pointing: readonly Pointing[],
): Promise<Set<string>> {
  const edits = new Set(pointing.map(({ returned }) => returned.restoration.imageEditId));
  // An edit that is taken back restores first what it deleted last, and comes to its updates after that.
  edits.delete(run.editId);
  if (edits.size === 0) return new Set();
  const ids = pointing.flatMap(({ cell }) => [cell.recordId, followed.get(cell.recordId) ?? cell.recordId]);
  const { rows } = await run.db.tenant(run.workspaceId, (tx) =>
    tx.query<{ id: string; fields: string[] }>(
      `SELECT record_id AS id, ARRAY(SELECT jsonb_object_keys(change -> 'cells')) AS fields FROM edit_changes
       WHERE edit_id = ANY($1) AND kind = 'update' AND record_id = ANY($2) AND first_sent_at IS NOT NULL`,
      [[...edits], ids],
    ),
  );
  const today = new Map([...followed].map(([now, before]) => [before, now]));
  return new Set(
    rows.flatMap(({ id, fields }) => fields.map((field) => cellKey(today.get(id) ?? id, field))),
  );
}

/** Link cells of the records that a cell named which this run has written: they show on the other side as well. */
async function readMoved(
  run: EditRun,
  followed: ReadonlyMap<string, string>,
  pointing: readonly Pointing[],
): Promise<Set<string>> {
  const tables = pointing.map(({ returned }) => returned.restoration.tableId);
  if (tables.length === 0) return new Set();
  const { rows } = await run.db.tenant(run.workspaceId, (tx) =>
    tx.query<{ id: string; fields: string[] }>(
      `SELECT record_id AS id, ARRAY(SELECT jsonb_object_keys(change -> 'cells')) AS fields FROM edit_changes
       WHERE edit_id = $1 AND kind = 'update' AND table_id = ANY($2) AND first_sent_at IS NOT NULL
         AND state IN ('landed', 'undo_intended', 'undone')`,
      [run.editId, [...new Set(tables)]],
    ),
  );
  const today = new Map([...followed].map(([now, before]) => [before, now]));
  return new Set(
    rows.flatMap(({ id, fields }) => fields.map((field) => cellKey(today.get(id) ?? id, field))),
  );
}

/** Why a cell that held a link is not given it again; undefined where it may have it. */
function changedSince(
  { fields, successors, moved }: Place,
  { returned, cell }: Pointing,
  now: ReadonlyMap<string, AirtableRecord>,
): string | undefined {
  const record = now.get(cell.recordId);
  if (!record) return 'the record that linked to it was deleted since';
  const present = idsOf(record.fields[cell.fieldId]);
  // One that returned as well gets its links back by its own image.
  if (successors.has(cell.recordId) || present.includes(returned.restoration.newId)) return undefined;
  const inverseId = fields.get(cell.fieldId)?.inverseId;
  const isMoved = (id: string) => inverseId !== undefined && moved.has(cellKey(id, inverseId));
  const others = present.filter((id) => !cell.ids.includes(id) && !isMoved(id));
  if (fields.get(cell.fieldId)?.single === true && others.length > 0)
    return 'somebody links to another record in its place since';
  const removed = cell.ids.some(
    (id) => !successors.has(id) && now.has(id) && !present.includes(id) && !isMoved(id),
  );
  return removed ? 'somebody changed the cell that linked to it since' : undefined;
}

function ownWrites(
  place: Place,
  own: readonly Pointing[],
  now: ReadonlyMap<string, AirtableRecord>,
  blocked: ReadonlySet<string>,
): CellWrite[] {
  return own.flatMap(({ returned, cell }): CellWrite[] => {
    const { newId } = returned.restoration;
    const link = place.fields.get(cell.fieldId);
    const present = idsOf(now.get(newId)?.fields[cell.fieldId]);
    const back = cell.ids.filter((id) => {
      if (link?.inverseId !== undefined && blocked.has(`${id}/${link.inverseId}/${newId}`)) return false;
      if (now.has(id)) return true;
      lose(place, returned, `${cell.fieldId}/${id}`, 'the record that it linked to is not there any more');
      return false;
    });
    const list = putBack(present, cell.ids, new Set(back));
    return same(list, present)
      ? []
      : [{ tableId: cell.tableId, recordId: newId, fieldId: cell.fieldId, ids: list }];
  });
}

function pointingWrites(
  pointing: readonly Pointing[],
  now: ReadonlyMap<string, AirtableRecord>,
  blocked: ReadonlySet<string>,
): CellWrite[] {
  const lists = new Map<string, CellWrite & { readonly present: readonly string[] }>();
  const writable = pointing.filter(
    ({ returned, cell }) =>
      now.has(cell.recordId) &&
      !blocked.has(`${cellKey(cell.recordId, cell.fieldId)}/${returned.restoration.newId}`),
  );
  const returning = new Map<string, Set<string>>();
  for (const { returned, cell } of writable) {
    const key = cellKey(cell.recordId, cell.fieldId);
    returning.set(key, (returning.get(key) ?? new Set()).add(returned.restoration.newId));
  }
  // What was deleted last first: what else a cell held then was in its place.
  for (const { returned, cell } of writable) {
    const key = cellKey(cell.recordId, cell.fieldId);
    const { newId } = returned.restoration;
    const present = lists.get(key)?.present ?? idsOf(now.get(cell.recordId)?.fields[cell.fieldId]);
    const others = lists.get(key)?.ids ?? present.filter((id) => !returning.get(key)?.has(id));
    const ids = putBack(others, cell.ids, new Set([newId]));
    lists.set(key, { tableId: cell.tableId, recordId: cell.recordId, fieldId: cell.fieldId, ids, present });
  }
  return [...lists.values()].filter(({ ids, present }) => !same(ids, present));
}

async function write(place: Place, writes: readonly CellWrite[], about: readonly Pointing[]): Promise<void> {
  const refused = await writeCells(place.run, writes);
  for (const { returned, cell } of about) {
    const reason = refused.get(cellKey(cell.recordId, cell.fieldId));
    if (reason !== undefined) lose(place, returned, cellKey(cell.recordId, cell.fieldId), reason);
  }
}

function lose({ lost }: Place, { restoration }: Returned, what: string, reason: string): void {
  const known = lost.get(restoration.ordinal) ?? [];
  lost.set(restoration.ordinal, [...known, { kind: 'link', what, reason }]);
}

const same = (a: readonly string[], b: readonly string[]) =>
  a.length === b.length && a.every((id, i) => id === b[i]);
