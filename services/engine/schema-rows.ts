import { EngineError } from './engine-error';
import type { BasePlace } from './place';
import type { EngineField, EngineTable } from './schema';

/** Adds a table with its fields and views at a place in the base's list. */
export async function insertTable(place: BasePlace, table: EngineTable, position: number): Promise<void> {
  const { tx, workspaceId, baseId } = place;
  await tx.query(
    `INSERT INTO engine_tables (workspace_id, base_id, id, name, description, primary_field_id, position)
     VALUES ($1, $2, $3, $4, $5, $6, $7)`,
    [workspaceId, baseId, table.id, table.name, table.description ?? null, table.primaryFieldId, position],
  );
  for (const field of table.fields) await insertField(place, table.id, field);
  for (const [i, view] of table.views.entries()) {
    await tx.query(
      'INSERT INTO engine_views (workspace_id, base_id, table_id, id, name, type, position) VALUES ($1, $2, $3, $4, $5, $6, $7)',
      [workspaceId, baseId, table.id, view.id, view.name, view.type, i],
    );
  }
}

/** Adds a field as the last of its table. */
export async function insertField(place: BasePlace, tableId: string, field: EngineField): Promise<void> {
  await place.tx.query(
    `INSERT INTO engine_fields (workspace_id, base_id, table_id, id, name, type, description, options, position)
     SELECT $1, $2, $3, $4, $5, $6, $7, $8, coalesce(max(position), -1) + 1
     FROM engine_fields WHERE workspace_id = $1 AND base_id = $2 AND table_id = $3`,
    [
      place.workspaceId,
      place.baseId,
      tableId,
      field.id,
      field.name,
      field.type,
      field.description ?? null,
      field.options ? JSON.stringify(field.options) : null,
    ],
  );
}

/** Puts the fields of a new table in the order of their names; those that others gave it (other sides of links) come last. */
export async function orderFields(
  place: BasePlace,
  tableId: string,
  names: readonly string[],
): Promise<void> {
  await place.tx.query(
    `UPDATE engine_fields SET position = coalesce(array_position($4::text[], name) - 1, position + $5)
     WHERE workspace_id = $1 AND base_id = $2 AND table_id = $3`,
    [place.workspaceId, place.baseId, tableId, names, names.length],
  );
}

/** Keeps the options that a field has now. */
export async function saveOptions(place: BasePlace, field: EngineField): Promise<void> {
  await place.tx.query(
    'UPDATE engine_fields SET options = $4 WHERE workspace_id = $1 AND base_id = $2 AND id = $3',
    [place.workspaceId, place.baseId, field.id, JSON.stringify(field.options ?? null)],
  );
}

/** Throws when a name is taken; capitals make no difference. `type` is Airtable's error type for the kind of thing. */
export function checkNameIsFree(
  taken: readonly { readonly id: string; readonly name: string }[],
  name: string,
  type: 'DUPLICATE_TABLE_NAME' | 'DUPLICATE_OR_EMPTY_FIELD_NAME',
  exceptId?: string,
): void {
  const other = taken.find((it) => it.id !== exceptId && it.name.toLowerCase() === name.toLowerCase());
  if (other) throw new EngineError(422, type, `There is already something named "${other.name}" here`);
}
