import type { BaseSchema, FieldSchema } from '../../contracts/airtable';
import { SagatableError } from '../../contracts/errors';
import type { Tx } from '../database/database';
import { isNewId } from '../edits/new-ids';
import type { Preview } from '../edits/preview';
import { writableFields } from '../edits/schema-index';

/** What of a table a change set touches, and what it writes into its select fields. */
export interface Concerned {
  readonly tableId: string;
  readonly fieldIds: readonly string[];
  /** Records are deleted: their undo needs every field that can be written. */
  readonly deletes: boolean;
  /** Names of options by field that are written and not created by the edit itself. */
  readonly options: ReadonlyMap<string, readonly string[]>;
}

/** More than this many differences say nothing new. */
const MAX_TOLD = 5;
const SELECTS: readonly string[] = ['singleSelect', 'multipleSelects'];

/** Reads from the journal which tables, fields and options the chosen changes concern. */
export async function readConcerned(tx: Tx, editId: string, tables: Preview['tables']): Promise<Concerned[]> {
  const { rows } = await tx.query<{ table_id: string; deletes: boolean; field_ids: string[] }>(
    `SELECT c.table_id, bool_or(c.kind = 'delete') AS deletes,
       coalesce(array_agg(DISTINCT f.id) FILTER (WHERE f.id IS NOT NULL), '{}') AS field_ids
     FROM edit_changes c LEFT JOIN LATERAL (
       SELECT jsonb_object_keys(c.change->'cells') AS id WHERE c.kind IN ('update', 'create')
       UNION ALL SELECT c.change->>'fieldId' WHERE c.kind = 'createOption') f ON true
     WHERE c.edit_id = $1 AND c.state <> 'skipped' AND c.kind IN ('update', 'create', 'delete', 'createOption')
     GROUP BY c.table_id`,
    [editId],
  );
  const concerned: Concerned[] = [];
  for (const { table_id: tableId, deletes, field_ids: fieldIds } of rows) {
    const options = new Map<string, string[]>();
    for (const field of tables.find((t) => t.id === tableId)?.fields ?? []) {
      if (SELECTS.includes(field.type) && fieldIds.includes(field.id))
        options.set(field.id, await readOptions(tx, editId, tableId, field.id));
    }
    concerned.push({ tableId, fieldIds, deletes, options });
  }
  return concerned;
}

async function readOptions(tx: Tx, editId: string, tableId: string, fieldId: string): Promise<string[]> {
  const { rows } = await tx.query<{ name: string }>(
    `WITH written AS (SELECT DISTINCT CASE kind WHEN 'update' THEN change->'cells'->$3->'after' ELSE change->'cells'->$3 END AS value
       FROM edit_changes WHERE edit_id = $1 AND table_id = $2 AND kind IN ('update', 'create') AND state <> 'skipped')
     SELECT DISTINCT name FROM written, LATERAL (
       SELECT value #>> '{}' AS name WHERE jsonb_typeof(value) = 'string'
       UNION ALL SELECT jsonb_array_elements_text(value) WHERE jsonb_typeof(value) = 'array') n
     WHERE name <> '' AND name NOT IN (SELECT change->>'name' FROM edit_changes
       WHERE edit_id = $1 AND table_id = $2 AND kind = 'createOption' AND change->>'fieldId' = $3)`,
    [editId, tableId, fieldId],
  );
  return rows.map((row) => row.name);
}

/** What of the base is not as it was planned against, in words. Renamed tables and fields are no difference: ids are written. */
export function findDrift(
  planned: Preview['tables'],
  concerned: readonly Concerned[],
  now: BaseSchema,
): string[] {
  return concerned.flatMap(({ tableId, fieldIds, deletes, options }) => {
    const before = planned.find((t) => t.id === tableId);
    const table = now.tables.find((t) => t.id === tableId);
    // What the edit itself makes is not there yet.
    if (!before || isNewId(tableId)) return [];
    if (!table) return [`the table “${before.name}” was deleted`];
    const watched = deletes
      ? writableFields({ ...before, views: [] })
      : before.fields.filter((f) => fieldIds.includes(f.id));
    const changed = watched
      .filter(({ id }) => !isNewId(id))
      .flatMap((field) => {
        const present = table.fields.find((f) => f.id === field.id);
        const where = `“${field.name}” of “${before.name}”`;
        if (!present) return [`the field ${where} was deleted`];
        if (kindOf(present) !== kindOf(field)) return [`the field ${where} is of another type`];
        const there = new Set(choicesOf(present));
        return (options.get(field.id) ?? [])
          .filter((name) => !there.has(name))
          .map((name) => `${where} has no option “${name}” any more`);
      });
    const added = deletes
      ? writableFields(table).filter((field) => !before.fields.some((f) => f.id === field.id))
      : [];
    return [
      ...changed,
      ...added.map(
        (f) =>
          `the field “${f.name}” came to “${before.name}”, and an undo of deletions would not bring its values back`,
      ),
    ];
  });
}

/** Throws Conflict `schema_changed` where there is a difference. */
export function assertNoDrift(drift: readonly string[]): void {
  if (drift.length === 0) return;
  const more = drift.length > MAX_TOLD ? `; and ${drift.length - MAX_TOLD} more` : '';
  throw new SagatableError(
    'Conflict',
    `The base is not as it was when the edit was proposed: ${drift.slice(0, MAX_TOLD).join('; ')}${more}. Nothing was written: propose it again.`,
    { code: 'schema_changed' },
  );
}

/** A link to other records is another thing than one to these. */
function kindOf({ type, options }: FieldSchema): string {
  const linked = options?.['linkedTableId'];
  return typeof linked === 'string' ? `${type} ${linked}` : type;
}

function choicesOf({ options }: FieldSchema): string[] {
  const choices: unknown = options?.['choices'];
  if (!Array.isArray(choices)) return [];
  return choices.flatMap((choice: unknown) =>
    typeof choice === 'object' && choice !== null && 'name' in choice && typeof choice.name === 'string'
      ? [choice.name]
      : [],
  );
}
