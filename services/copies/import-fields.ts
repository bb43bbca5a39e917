import type { LeftOut } from '../../contracts/copies';
import { canonicalJson } from '../edits/canonical';
import type { BasePlace } from '../engine/place';
import { insertField } from '../engine/schema-rows';
import type { EngineField } from '../engine/schema';
import { joinChoices } from './choices';
import type { HostedField, HostedTable } from './hosting';
import { createNames, renameAll, type Renaming } from './names';

/**
 * Brings a table's fields in step with the source's. `here` are the fields the table has now, `then` is what the last copy
 * left. Returns what came otherwise than it is there.
 */
export async function importFields(
  place: BasePlace,
  table: HostedTable,
  here: readonly EngineField[],
  then: HostedTable | undefined,
): Promise<LeftOut[]> {
  const names = createNames(here);
  const renamings: Renaming[] = [];
  const called: Renaming[] = [];
  for (const hosted of table.fields) {
    const { field } = hosted;
    const present = here.find((f) => f.id === field.id);
    const before = then?.fields.find((f) => f.field.id === field.id);
    if (!present) {
      const name = names.take(field.name);
      await insertField(place, table.id, { ...field, name });
      if (name !== field.name) called.push({ id: field.id, name });
      place.changes.noteSchema({ kind: 'fieldCreated', tableId: table.id, fieldId: field.id });
      continue;
    }
    if (!before) continue;
    const { name, description } = present;
    const label = { name, ...(description === undefined ? {} : { description }) };
    if (before.field.name !== field.name || before.field.description !== field.description)
      place.changes.noteSchema({ kind: 'fieldChanged', tableId: table.id, fieldId: field.id, before: label });
    if (before.field.name !== field.name) renamings.push({ id: field.id, name: field.name });
    if (canonicalJson(rulesOf(before)) !== canonicalJson(rulesOf(hosted)))
      await changeRules(place, table, field, present);
  }
  called.push(...(await renameAll(place, 'engine_fields', here, renamings)));
  await order(place, table);
  return called.map(({ id, name }) => ({
    kind: 'field',
    id,
    tableId: table.id,
    name: table.fields.find(({ field }) => field.id === id)?.field.name ?? name,
    reason: `The name is taken here: it is called “${name}”.`,
  }));
}

const rulesOf = ({ field, source }: HostedField) => ({
  type: field.type,
  options: field.options ?? null,
  description: field.description ?? null,
  source: source.type,
});

async function changeRules(
  place: BasePlace,
  table: HostedTable,
  field: EngineField,
  present: EngineField,
): Promise<void> {
  const at = [place.workspaceId, place.baseId, table.id, field.id];
  const select = field.type === present.type && /Selects?$/.test(field.type);
  const options = select ? joinChoices(field, present) : field.options;
  await place.tx.query(
    `UPDATE engine_fields SET type = $5, options = $6, description = $7
     WHERE workspace_id = $1 AND base_id = $2 AND table_id = $3 AND id = $4`,
    [...at, field.type, options ? JSON.stringify(options) : null, field.description ?? null],
  );
  if (field.type === present.type) return;
  // Cells of the old type mean nothing in the new one; the records that come bring theirs.
  await place.tx.query(
    `UPDATE engine_records SET cells = cells - $4::text
     WHERE workspace_id = $1 AND base_id = $2 AND table_id = $3 AND cells ? $4`,
    at,
  );
  await place.tx.query(
    `UPDATE copied_records SET cells = cells - $4::text
     WHERE workspace_id = $1 AND base_id = $2 AND table_id = $3 AND cells ? $4`,
    at,
  );
}

/** The source's fields in its order, then those made here. */
async function order(place: BasePlace, table: HostedTable): Promise<void> {
  await place.tx.query(
    `UPDATE engine_fields f SET position = v.n FROM (
       SELECT id, row_number() OVER (ORDER BY array_position($4::text[], id), position) - 1 AS n
       FROM engine_fields WHERE workspace_id = $1 AND base_id = $2 AND table_id = $3) v
     WHERE f.workspace_id = $1 AND f.base_id = $2 AND f.table_id = $3 AND f.id = v.id AND f.position <> v.n`,
    [place.workspaceId, place.baseId, table.id, table.fields.map(({ field }) => field.id)],
  );
}
