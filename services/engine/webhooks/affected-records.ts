import type { LoggedRecord } from '../change-log';
import { fieldTypeOf } from '../fields/registry';
import { findPath, isValid } from '../fields/references';
import { linkedIds } from '../links';
import type { BasePlace } from '../place';
import { RECORD_COLUMNS, readRows, type RecordRow, type StoredCells } from '../record-rows';
import { changedFieldsOf } from '../record-writing';
import { optionText, type EngineBase, type EngineField } from '../schema';

/** A field whose cells show a field of linked records, and so change with it. */
interface Dependence {
  readonly tableId: string;
  readonly field: EngineField;
  readonly link: EngineField;
  /** The field on the other side of the link; undefined where there is none. */
  readonly inverseId: string | undefined;
  readonly linkedTableId: string;
  readonly target: EngineField;
}

/** A record of which some fields may have changed. */
interface Touched {
  readonly id: string;
  readonly tableId: string;
  readonly cells: StoredCells;
  mayHaveChanged(field: EngineField): boolean;
}

function dependencesOf(base: EngineBase): Dependence[] {
  return base.tables.flatMap((table) =>
    table.fields.flatMap((field): Dependence[] => {
      const targetId = optionText(field, 'fieldIdInLinkedTable');
      if (targetId === undefined || !isValid(field)) return [];
      const path = findPath(optionText(field, 'recordLinkFieldId'), table.fields, base.tables);
      const target = path?.linked.fields.find((other) => other.id === targetId);
      if (!path || !target) return [];
      const { link, linked } = path;
      const inverse = linked.fields.find((other) => other.id === optionText(link, 'inverseLinkFieldId'));
      return [{ tableId: table.id, field, link, inverseId: inverse?.id, linkedTableId: linked.id, target }];
    }),
  );
}

function touchedBy({ id, tableId, before, after }: LoggedRecord): Touched[] {
  if (!before || !after) return [];
  const changed = new Set(changedFieldsOf(before, after));
  const mayHaveChanged = (field: EngineField) => changed.has(field.id) || fieldTypeOf(field).computed;
  return [{ id, tableId, cells: after, mayHaveChanged }];
}

/** The records that link to the given ones: by the other side of the link, else by looking at all of the table. */
async function readLinking(
  place: BasePlace,
  { tableId, link, inverseId }: Dependence,
  touched: readonly Touched[],
): Promise<RecordRow[]> {
  if (inverseId !== undefined) {
    return readRows(place, [...new Set(touched.flatMap(({ cells }) => linkedIds(cells[inverseId])))]);
  }
  const found = await place.tx.query<RecordRow>(
    `SELECT ${RECORD_COLUMNS} FROM engine_records r
     WHERE r.workspace_id = $1 AND r.base_id = $2 AND r.table_id = $3 AND r.cells->$5::text ?| $4`,
    [place.workspaceId, place.baseId, tableId, touched.map(({ id }) => id), link.id],
  );
  return found.rows;
}

/**
 * The records that a transaction did not write but whose look-ups show something that it changed, as entries of the log whose
 * stored cells stay the same. What links to other records than before is in the log itself.
 */
export async function readAffectedRecords(
  place: BasePlace,
  base: EngineBase,
  log: readonly LoggedRecord[],
): Promise<LoggedRecord[]> {
  const dependences = dependencesOf(base);
  if (dependences.length === 0) return [];
  const logged = new Set(log.map(({ id }) => id));
  const affected = new Map<string, LoggedRecord>();
  let touched = log.flatMap(touchedBy);
  // A field refers only to fields that were there before it, so the way along look-ups of look-ups comes to an end.
  while (touched.length > 0) {
    const next: Touched[] = [];
    for (const dependence of dependences) {
      const { tableId, field, linkedTableId, target } = dependence;
      const sources = touched.filter((it) => it.tableId === linkedTableId && it.mayHaveChanged(target));
      if (sources.length === 0) continue;
      for (const row of await readLinking(place, dependence, sources)) {
        const { id, cells } = row;
        next.push({ id, tableId, cells, mayHaveChanged: (other) => other.id === field.id });
        if (logged.has(id)) continue;
        const createdTime = row.created_time.toISOString();
        affected.set(id, {
          tableId,
          id,
          createdTime,
          before: cells,
          after: cells,
          modifiedBefore: row.modified,
        });
      }
    }
    touched = next;
  }
  return [...affected.values()];
}
