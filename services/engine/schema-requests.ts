import { lockBase, touchSchema } from './base-rows';
import { parseBody } from './body';
import { recordNotFound } from './engine-error';
import type { BasePlace } from './place';
import { findField, type EngineField, type EngineTable } from './schema';
import { checkNameIsFree, orderFields } from './schema-rows';
import { FieldInput, Renaming, TableInput } from './schema-shapes';
import { addField, addTable, splitLinks, tableOf } from './schema-writing';

/** `POST /meta/bases/{base}/tables`. Returns the table; throws EngineError. */
export async function createTable(place: BasePlace, body: unknown): Promise<EngineTable> {
  const input = parseBody(TableInput, body);
  const base = await lockBase(place);
  const { plain, later } = splitLinks(input);
  const { id } = await addTable(place, base, plain);
  for (const field of later) {
    const now = await lockBase(place);
    await addField(place, now, tableOf(now, id), field);
  }
  await orderFields(
    place,
    id,
    input.fields.map((field) => field.name),
  );
  await touchSchema(place);
  return tableOf(await lockBase(place), id);
}

/** `PATCH /meta/bases/{base}/tables/{table}`: name and description. Returns the table; throws EngineError. */
export async function updateTable(place: BasePlace, idOrName: string, body: unknown): Promise<EngineTable> {
  const input = parseBody(Renaming, body);
  const base = await lockBase(place);
  const table = tableOf(base, idOrName);
  if (input.name !== undefined) checkNameIsFree(base.tables, input.name, 'DUPLICATE_TABLE_NAME', table.id);
  await place.tx.query(
    `UPDATE engine_tables SET name = coalesce($4, name), description = coalesce($5, description)
     WHERE workspace_id = $1 AND base_id = $2 AND id = $3`,
    [place.workspaceId, place.baseId, table.id, input.name ?? null, input.description ?? null],
  );
  await touchSchema(place);
  place.changes.noteSchema({ kind: 'tableChanged', tableId: table.id, before: named(table) });
  return { ...table, ...withoutUndefined(input) };
}

function named(it: { readonly name: string; readonly description?: string | undefined }) {
  return { name: it.name, ...(it.description === undefined ? {} : { description: it.description }) };
}

function withoutUndefined(input: Renaming): { name?: string; description?: string } {
  return {
    ...(input.name === undefined ? {} : { name: input.name }),
    ...(input.description === undefined ? {} : { description: input.description }),
  };
}

/** `POST …/tables/{table}/fields`. Returns the field; throws EngineError. */
export async function createField(place: BasePlace, tableId: string, body: unknown): Promise<EngineField> {
  const input = parseBody(FieldInput, body);
  const base = await lockBase(place);
  return addField(place, base, tableOf(base, tableId), input);
}

/** `PATCH …/fields/{field}`: name and description only; options cannot be changed by API. Throws EngineError. */
export async function updateField(
  place: BasePlace,
  tableId: string,
  fieldId: string,
  body: unknown,
): Promise<EngineField> {
  const input = parseBody(Renaming, body);
  const base = await lockBase(place);
  const table = tableOf(base, tableId);
  const field = findField(table, fieldId);
  if (!field) throw recordNotFound();
  if (input.name !== undefined) {
    checkNameIsFree(table.fields, input.name, 'DUPLICATE_OR_EMPTY_FIELD_NAME', field.id);
  }
  await place.tx.query(
    `UPDATE engine_fields SET name = coalesce($4, name), description = coalesce($5, description)
     WHERE workspace_id = $1 AND base_id = $2 AND id = $3`,
    [place.workspaceId, place.baseId, field.id, input.name ?? null, input.description ?? null],
  );
  await touchSchema(place);
  place.changes.noteSchema({
    kind: 'fieldChanged',
    tableId: table.id,
    fieldId: field.id,
    before: named(field),
  });
  return { ...field, ...withoutUndefined(input) };
}
