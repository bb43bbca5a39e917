import { readAttachments } from './attachments/read-attachments';
import type { ReadContext, ReadPurpose } from './fields/field-type';
import { fieldTypeOf } from './fields/registry';
import { readPeople } from './people';
import type { BasePlace } from './place';
import { readRows, toRecord } from './record-rows';
import type { EngineBase, EngineField, EngineTable, StoredRecord } from './schema';

type Linked = { readonly table: EngineTable; readonly record: StoredRecord };

/** What is still to be looked at: these fields of these records. */
interface Level {
  readonly fields: ReadonlySet<EngineField>;
  readonly records: readonly StoredRecord[];
}

interface Wanted {
  readonly people: Set<string>;
  readonly attachments: Set<string>;
  /** Fields to read of each linked record. */
  readonly records: Map<string, Set<EngineField>>;
}

function collect(level: Level, base: EngineBase, purpose: ReadPurpose, wanted: Wanted): void {
  for (const field of level.fields) {
    const type = fieldTypeOf(field);
    if (!type.reach) continue;
    for (const record of level.records) {
      const {
        people = [],
        attachments = [],
        records = [],
        fields = [],
      } = type.reach(record, field, base, purpose);
      for (const id of people) wanted.people.add(id);
      for (const id of attachments) wanted.attachments.add(id);
      for (const id of records) {
        const known = wanted.records.get(id) ?? new Set();
        for (const linkedField of fields) known.add(linkedField);
        wanted.records.set(id, known);
      }
    }
  }
}

/** Linked records that are read for the same fields go on together. */
function nextLevels(wanted: Wanted['records'], linked: ReadonlyMap<string, Linked>): Level[] {
  const byFields = new Map<string, { fields: Set<EngineField>; records: StoredRecord[] }>();
  for (const [id, fields] of wanted) {
    const found = linked.get(id);
    if (!found || fields.size === 0) continue;
    const key = [...fields]
      .map((field) => field.id)
      .sort()
      .join();
    const level = byFields.get(key) ?? { fields, records: [] };
    level.records.push(found.record);
    byFields.set(key, level);
  }
  return [...byFields.values()];
}

/**
 * Reads what the given fields of the given records need from elsewhere: people, attachments, linked records and what those
 * show. One query for each of them and each step along links. A field refers only to fields that were there before it,
 * so the steps come to an end.
 */
export async function readSurroundings(
  place: BasePlace,
  base: EngineBase,
  fields: readonly EngineField[],
  records: readonly StoredRecord[],
  purpose: ReadPurpose,
): Promise<ReadContext> {
  const tables = new Map(base.tables.map((table) => [table.id, table]));
  const linked = new Map<string, Linked>();
  const people = new Set<string>();
  const attachments = new Set<string>();
  let levels: Level[] = [{ fields: new Set(fields), records }];
  while (levels.length > 0) {
    const wanted: Wanted = { people, attachments, records: new Map() };
    for (const level of levels) collect(level, base, purpose, wanted);
    const missing = [...wanted.records.keys()].filter((id) => !linked.has(id));
    for (const row of await readRows(place, missing)) {
      const table = tables.get(row.table_id);
      if (table) linked.set(row.id, { table, record: toRecord(row) });
    }
    levels = nextLevels(wanted.records, linked);
  }
  const [persons, objects] = [
    await readPeople(place, [...people]),
    await readAttachments(place, [...attachments]),
  ];
  return {
    base,
    typeOf: fieldTypeOf,
    person: (id) => persons.get(id),
    attachment: (id) => objects.get(id),
    linked: (id) => linked.get(id),
  };
}
