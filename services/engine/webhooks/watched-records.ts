import type { CellValue } from '../../../contracts/airtable';
import { valueOf } from '../cells';
import type { LoggedRecord } from '../change-log';
import type { ReadContext } from '../fields/field-type';
import type { BasePlace } from '../place';
import { readRows, type RecordRow } from '../record-rows';
import { changedFieldsOf } from '../record-writing';
import type { EngineBase, EngineField, EngineTable, StoredRecord } from '../schema';
import { readSurroundings } from '../surroundings';
import { cellValueOf } from './cell-values';

/** A record at one end of a transaction, with all that its cells refer to as it was then. */
export interface RecordState {
  readonly record: StoredRecord;
  readonly context: ReadContext;
}

/** A record that a transaction has changed. */
export interface WatchedRecord {
  readonly table: EngineTable;
  readonly id: string;
  readonly createdTime: string;
  readonly before: RecordState | null;
  readonly after: RecordState | null;
  /** Stored or computed, in the order of the table; empty for a record that was added or removed. */
  readonly changedFields: readonly EngineField[];
  /** The cell before, in the form of webhooks; undefined when it is not known. */
  readonly previous: (field: EngineField) => CellValue | undefined;
  readonly current: (field: EngineField) => CellValue;
}

/** Computed from stamps, which the log may not have kept. */
const STAMPED: readonly string[] = ['lastModifiedTime', 'lastModifiedBy'];

function differs(a: CellValue, b: CellValue): boolean {
  return JSON.stringify(a) !== JSON.stringify(b);
}

function watch(
  table: EngineTable,
  logged: LoggedRecord,
  before: RecordState | null,
  after: RecordState | null,
): WatchedRecord {
  const cell = (state: RecordState | null, field: EngineField): CellValue =>
    state ? cellValueOf(state.record, field, state.context) : null;
  const { id, createdTime } = logged;
  return {
    table,
    id,
    createdTime,
    before,
    after,
    changedFields:
      before && after
        ? table.fields.filter((field) =>
            differs(
              valueOf(before.record, field, before.context),
              valueOf(after.record, field, after.context),
            ),
          )
        : [],
    previous: (field) =>
      logged.modifiedBefore === undefined && STAMPED.includes(field.type) ? undefined : cell(before, field),
    current: (field) => cell(after, field),
  };
}

/** What a record was. Where the log has no stamps, those of the cells that have changed are not known. */
function beforeOf(logged: LoggedRecord, row: RecordRow | undefined): StoredRecord | null {
  const { id, createdTime, before, after, modifiedBefore } = logged;
  if (!before) return null;
  const changed = changedFieldsOf(before, after ?? {});
  const kept = Object.entries(row?.modified ?? {}).filter(([fieldId]) => !changed.includes(fieldId));
  const modified = modifiedBefore ?? Object.fromEntries(kept);
  return { id, createdTime, createdBy: row?.created_by ?? null, cells: before, modified };
}

/**
 * Reads what the changed records of a transaction were and are, with the records, people and files that their cells refer to: a
 * few queries a table, whatever the number of records. Records that came and went in the same transaction are left out.
 */
export async function readWatchedRecords(
  place: BasePlace,
  base: EngineBase,
  log: readonly LoggedRecord[],
): Promise<WatchedRecord[]> {
  const tables = new Map(base.tables.map((table) => [table.id, table]));
  const logged = log.filter(({ before, after, tableId }) => (before ?? after) && tables.has(tableId));
  const rows = await readRows(
    place,
    logged.flatMap(({ id, after }) => (after ? [id] : [])),
  );
  const rowOf = new Map(rows.map((row) => [row.id, row]));
  const befores = new Map<string, { table: EngineTable; record: StoredRecord } | undefined>();
  const afters = new Map<string, StoredRecord>();
  for (const change of logged) {
    const table = tables.get(change.tableId);
    const row = rowOf.get(change.id);
    const record = beforeOf(change, row);
    befores.set(change.id, record && table ? { table, record } : undefined);
    const { id, createdTime, after } = change;
    const [createdBy, modified] = [row?.created_by ?? null, row?.modified ?? {}];
    if (after) afters.set(id, { id, createdTime, createdBy, cells: after, modified });
  }
  const watched: WatchedRecord[] = [];
  for (const table of base.tables) {
    const ofTable = logged.filter((change) => change.tableId === table.id);
    if (ofTable.length === 0) continue;
    const states = ofTable.flatMap(({ id }) => [befores.get(id)?.record ?? [], afters.get(id) ?? []].flat());
    const now = await readSurroundings(place, base, table.fields, states, 'text');
    const then: ReadContext = {
      ...now,
      linked: (id) => (befores.has(id) ? befores.get(id) : now.linked(id)),
    };
    for (const change of ofTable) {
      const before = befores.get(change.id)?.record;
      const after = afters.get(change.id);
      watched.push(
        watch(
          table,
          change,
          before ? { record: before, context: then } : null,
          after ? { record: after, context: now } : null,
        ),
      );
    }
  }
  return watched;
}
