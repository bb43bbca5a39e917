import type { PreparedStatement } from '../database/database';
import { isEngineId } from './engine-ids';
import { modelNotFound } from './engine-error';
import { completeSchema } from './fields/complete-schema';
import { fieldTypeOf } from './fields/registry';
import type { BasePlace } from './place';
import type { EngineBase, EngineField, EngineTable, EngineView } from './schema';
import type { BaseState } from './schema-cache';

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
    'views', (SELECT json_agg(json_strip_nulls(json_build_object('id', v.id, 'name', v.name, 'type', v.type,
        'personalForUserId', v.personal_for_user_id)) ORDER BY v.position)
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
  const base = { id: place.baseId, name: row.name, tables: completeSchema(tables, fieldTypeOf) };
  place.schemas.set(keyOf(place, row.version), base);
  return base;
}

const keyOfBase = (place: BasePlace) => `${place.workspaceId}/${place.baseId}`;

const VERSION = `SELECT schema_version::text AS version, watched FROM engine_bases
  WHERE workspace_id = $1 AND id = $2`;
const READ_VERSION: PreparedStatement = { name: 'base version', text: VERSION };
const LOCK_VERSION: PreparedStatement = { name: 'lock base', text: `${VERSION} FOR NO KEY UPDATE` };
const CHECK: PreparedStatement = { name: 'check base', text: 'SELECT check_engine_base($1, $2, $3, $4)' };
const HOLD: PreparedStatement = { name: 'hold base', text: 'SELECT hold_engine_base($1, $2, $3, $4)' };

/** Whether work that trusted in a schema failed because the base has another one by now: it was not done, and can be done anew. */
export function isOtherSchema(error: unknown): boolean {
  return typeof error === 'object' && error !== null && 'code' in error && error.code === 'SG001';
}

/** The base as it was last read, where that may be trusted. The statement is on its way, before all that will be sent. */
function trustedBase(place: BasePlace, statement: PreparedStatement): EngineBase | undefined {
  const last = place.trusting ? place.schemas.lastOf(keyOfBase(place)) : undefined;
  const base = last && place.schemas.get(keyOf(place, last.version));
  if (!base) return undefined;
  place.tx.send(statement, [place.workspaceId, place.baseId, last.version, last.watched]);
  if (last.watched) place.changes.noteWatched();
  return base;
}

async function readVersion(place: BasePlace, statement: PreparedStatement): Promise<EngineBase> {
  if (!isEngineId('app', place.baseId)) throw modelNotFound();
  const found = await place.tx.query<BaseState>(statement, [place.workspaceId, place.baseId]);
  const state = found.rows[0];
  place.schemas.noteLast(keyOfBase(place), state);
  if (!state) throw modelNotFound();
  const { version, watched } = state;
  if (watched) place.changes.noteWatched();
  return place.schemas.get(keyOf(place, version)) ?? readSchema(place);
}

/**
 * Reads a base with its whole schema, which is kept for as long as it does not change: it is not to be mutated. Throws
 * Airtable's 403 when the workspace has no such base.
 */
export async function readBase(place: BasePlace): Promise<EngineBase> {
  return trustedBase(place, CHECK) ?? readVersion(place, READ_VERSION);
}

/**
 * Makes this transaction the only writer of the base until it ends, then reads the base. A base has one writer at a time, as
 * at Airtable (its baseTransactionNumber): both sides of a link change together, and two writers cannot lose each
 * other's. Throws Airtable's 403 when the workspace has no such base.
 */
export async function lockBase(place: BasePlace): Promise<EngineBase> {
  return trustedBase(place, HOLD) ?? readVersion(place, LOCK_VERSION);
}

/** To be called with every change of tables, fields, views or options: what was read before is not the schema any more. */
export async function touchSchema(place: BasePlace): Promise<void> {
  place.schemas.noteLast(keyOfBase(place), undefined);
  await place.tx.query(
    'UPDATE engine_bases SET schema_version = gen_random_uuid() WHERE workspace_id = $1 AND id = $2',
    [place.workspaceId, place.baseId],
  );
}
