import type { Tx } from '../database/database';
import { isEngineId } from './engine-ids';
import { modelNotFound } from './engine-error';
import type { EngineBase, EngineField, EngineTable } from './schema';

interface SchemaRow {
  name: string;
  tables: (Omit<EngineTable, 'description' | 'fields'> & {
    description: string | null;
    fields: FieldRow[];
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
SELECT b.name, coalesce((
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

/** Reads a base with its whole schema in one query. Throws Airtable's 403 when the workspace has no such base. */
export async function readBase(tx: Tx, workspaceId: string, baseId: string): Promise<EngineBase> {
  if (!isEngineId('app', baseId)) throw modelNotFound();
  const row = (await tx.query<SchemaRow>(SCHEMA_SQL, [workspaceId, baseId])).rows[0];
  if (!row) throw modelNotFound();
  const tables = row.tables.map(({ description, fields, ...table }) => ({
    ...table,
    ...(description === null ? {} : { description }),
    fields: fields.map(toField),
  }));
  return { id: baseId, name: row.name, tables };
}

/**
 * Makes this transaction the only writer of the base until it ends, then reads the base. A base has one writer at a time, as
 * at Airtable (its baseTransactionNumber): both sides of a link change together, and two writers cannot lose each
 * other's. Throws Airtable's 403 when the workspace has no such base.
 */
export async function lockBase(tx: Tx, workspaceId: string, baseId: string): Promise<EngineBase> {
  if (!isEngineId('app', baseId)) throw modelNotFound();
  await tx.query('SELECT 1 FROM engine_bases WHERE workspace_id = $1 AND id = $2 FOR NO KEY UPDATE', [
    workspaceId,
    baseId,
  ]);
  return readBase(tx, workspaceId, baseId);
}
