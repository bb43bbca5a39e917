import { invalidRequest, modelNotFound } from './engine-error';
import { newEngineId } from './engine-ids';
import { creatableType } from './fields/registry';
import { touchSchema } from './base-rows';
import { numberTable } from './numbering';
import type { BasePlace } from './place';
import { findTable, type EngineBase, type EngineField, type EngineTable } from './schema';
import { MAX_FIELDS, type FieldInput, type TableInput } from './schema-shapes';
import { checkNameIsFree, insertField, insertTable } from './schema-rows';

function makeField(input: FieldInput, base: EngineBase, known: readonly EngineField[]): EngineField {
  checkNameIsFree(known, input.name, 'DUPLICATE_OR_EMPTY_FIELD_NAME');
  const options = creatableType(input.type).options(input.options, input, {
    base,
    fields: known,
    tableId: (idOrName) => findTable(base, idOrName)?.id,
  });
  return {
    id: newEngineId('fld'),
    name: input.name,
    type: input.type,
    ...(input.description === undefined ? {} : { description: input.description }),
    ...(options === undefined ? {} : { options }),
  };
}

function freeName(wanted: string, taken: readonly EngineField[]): string {
  const names = new Set(taken.map((field) => field.name.toLowerCase()));
  let name = wanted;
  for (let n = 2; names.has(name.toLowerCase()); n++) name = `${wanted} ${n}`;
  return name;
}

/**
 * Adds a field to a table that is there. A link field gets its other side in the linked table, named after this table; a
 * table's link to itself has none, as at Airtable.
 */
export async function addField(
  place: BasePlace,
  base: EngineBase,
  table: EngineTable,
  input: FieldInput,
): Promise<EngineField> {
  const field = makeField(input, base, table.fields);
  if (table.fields.length >= MAX_FIELDS) throw invalidRequest(`a table has at most ${MAX_FIELDS} fields`);
  const linked = base.tables.find((t) => t.id === field.options?.['linkedTableId']);
  if (linked && linked.id !== table.id && field.options) {
    const inverse: EngineField = {
      id: newEngineId('fld'),
      name: freeName(table.name, linked.fields),
      type: field.type,
      options: {
        linkedTableId: table.id,
        isReversed: false,
        prefersSingleRecordLink: false,
        inverseLinkFieldId: field.id,
      },
    };
    field.options['inverseLinkFieldId'] = inverse.id;
    await insertField(place, linked.id, inverse);
    place.changes.noteSchema({ kind: 'fieldCreated', tableId: linked.id, fieldId: inverse.id });
  }
  await insertField(place, table.id, field);
  if (field.type === 'autoNumber') await numberTable(place, table.id, field.id);
  await touchSchema(place);
  place.changes.noteSchema({ kind: 'fieldCreated', tableId: table.id, fieldId: field.id });
  return field;
}

/** Adds a table whose fields are none of them links. Throws EngineError. */
export async function addTable(
  place: BasePlace,
  base: EngineBase,
  input: TableInput,
  id = newEngineId('tbl'),
): Promise<EngineTable> {
  checkNameIsFree(base.tables, input.name, 'DUPLICATE_TABLE_NAME');
  const fields: EngineField[] = [];
  for (const field of input.fields) fields.push(makeField(field, base, fields));
  const primary = fields[0];
  if (!primary || !creatableType(primary.type).primary) {
    throw invalidRequest(`the first field of "${input.name}" cannot be its primary field`);
  }
  const table: EngineTable = {
    id,
    name: input.name,
    ...(input.description === undefined ? {} : { description: input.description }),
    primaryFieldId: primary.id,
    fields,
    views: [{ id: newEngineId('viw'), name: 'Grid view', type: 'grid' }],
  };
  await insertTable(place, table, base.tables.length);
  await touchSchema(place);
  place.changes.noteSchema({ kind: 'tableCreated', tableId: table.id });
  return table;
}

/** Fields that refer to others, which must be there first; in the order in which they can be made. */
const REFERRING: readonly string[] = [
  'multipleRecordLinks',
  'count',
  'multipleLookupValues',
  'lastModifiedTime',
  'lastModifiedBy',
];

/** Splits off the fields that refer to other tables and fields. The first field stays, so that it is refused as primary. */
export function splitLinks(input: TableInput): { plain: TableInput; later: FieldInput[] } {
  const isLater = (field: FieldInput, i: number) => i > 0 && REFERRING.includes(field.type);
  return {
    plain: { ...input, fields: input.fields.filter((field, i) => !isLater(field, i)) },
    later: REFERRING.flatMap((type) => input.fields.filter((field, i) => i > 0 && field.type === type)),
  };
}

/** A table by id or name. Throws Airtable's 403 when the base has none. */
export function tableOf(base: EngineBase, idOrName: string): EngineTable {
  const table = findTable(base, idOrName);
  if (!table) throw modelNotFound();
  return table;
}
