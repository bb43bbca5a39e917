import { isEngineId } from './engine-ids';
import { modelNotFound } from './engine-error';
import type { BasePlace } from './place';
import type { EngineBase, EngineField, EngineTable, EngineView } from './schema';

interface SchemaRow {
  name: string;
  version: string;
  tables: (Omit<EngineTable, 'description' | 'fields'> & {
    description: string | null;
    fields: FieldRow[];
    views: EngineView[];
  })[];
}
interface FieldRow {
  id: string;
  name: string;
  type: string;
  description: string | null;
  options: Record<string, unknown> | null;
}

const SCHEMA_SQL = `
SELECT b.name, b.schema_version::text AS version, coalesce((
  SELECT json_agg(json_build_object('id', t.id, 'name', t.name, 'description', t.description, 'primaryFieldId', t.primary_field_id,
    'fields', (SELECT json_agg(json_build_object('id', f.id, 'name', f.name, 'type', f.type, 'description', f.description,
        'options', f.options) ORDER BY f.position)
      FROM engine_fields f WHERE (f.workspace_id, f.base_id, f.table_id) = (t.workspace_id, t.base_id, t.id)),
    'views', (SELECT json_agg(json_build_object('id', v.id, 'name', v.name, 'type', v.type) ORDER BY v.position)
      FROM engine_views v WHERE (v.workspace_id, v.base_id, v.table_id) = (t.workspace_id, t.base_id, t.id))) ORDER BY t.position)
  FROM engine_tables t WHERE (t.workspace_id, t.base_id) = (b.workspace_id, b.id)), '[]') AS tables
FROM engine_bases b WHERE b.workspace_id = $1 AND b.id = $2`;

function toField(row: FieldRow): EngineField {
  return {
    id: row.id,
    name: row.name,
    type: row.type,
    ...(row.description === null ? {} : { description: row.description }),
    ...(row.options === null ? {} : { options: row.options }),
  };
}

function keyOf(place: BasePlace, version: string): string {
  return `${place.workspaceId}/${place.baseId}/${version}`;
}

async function readSchema(place: BasePlace): Promise<EngineBase> {
  const row = (await place.tx.query<SchemaRow>(SCHEMA_SQL, [place.workspaceId, place.baseId])).rows[0];
  if (!row) throw modelNotFound();
  const tables = row.tables.map(({ description, fields, ...table }) => ({
    ...table,
    ...(description === null ? {} : { description }),
    fields: fields.map(toField),
  }));
  const base = { id: place.baseId, name: row.name, tables };
  place.schemas.set(keyOf(place, row.version), base);
  return base;
}

async function readVersion(place: BasePlace, lock: '' | 'FOR NO KEY UPDATE'): Promise<EngineBase> {
  if (!isEngineId('app', place.baseId)) throw modelNotFound();
  const found = await place.tx.query<{ version: string }>(
    `SELECT schema_version::text AS version FROM engine_bases WHERE workspace_id = $1 AND id = $2 ${lock}`,
    [place.workspaceId, place.baseId],
  );
  const version = found.rows[0]?.version;
  if (version === undefined) throw modelNotFound();
  return place.schemas.get(keyOf(place, version)) ?? readSchema(place);
}

/**
 * Reads a base with its whole schema, which is kept for as long as it does not change: it is not to be mutated. Throws
 * Airtable's 403 when the workspace has no such base.
 */
export function readBase(place: BasePlace): Promise<EngineBase> {
  return readVersion(place, '');
}

/**
 * Makes this transaction the only writer of the base until it ends, then reads the base. A base has one writer at a time, as
 * at Airtable (its baseTransactionNumber): both sides of a link change together, and two writers cannot lose each
 * other's. Throws Airtable's 403 when the workspace has no such base.
 */
export function lockBase(place: BasePlace): Promise<EngineBase> {
  return readVersion(place, 'FOR NO KEY UPDATE');
}

/** To be called with every change of tables, fields, views or options: what was read before is not the schema any more. */
export async function touchSchema(place: BasePlace): Promise<void> {
  await place.tx.query(
    'UPDATE engine_bases SET schema_version = gen_random_uuid() WHERE workspace_id = $1 AND id = $2',
    [place.workspaceId, place.baseId],
  );
}
