import type { LeftOut } from '../../contracts/copies';
import { touchSchema } from '../engine/base-rows';
import type { BasePlace } from '../engine/place';
import { insertTable } from '../engine/schema-rows';
import type { EngineBase, EngineTable } from '../engine/schema';
import { canonicalJson } from '../edits/canonical';
import type { HostedTable } from './hosting';
import { createNames, renameAll, type Renaming } from './names';
import { importFields } from './import-fields';
import { importViews } from './import-views';

/**
 * Brings a base's schema in step with the source's, by ids: adds what is new there and changes what changed there since
 * `before` (null at the first copy). What was changed here and not there stays; what is gone there stays too, and is
 * listed. The caller holds the base. Returns what came otherwise than it is there.
 */
export async function importSchema(
  place: BasePlace,
  base: EngineBase,
  before: readonly HostedTable[] | null,
  now: readonly HostedTable[],
): Promise<LeftOut[]> {
  const leftOut = listGone(before ?? [], now);
  if (before && canonicalJson(before) === canonicalJson(now)) return leftOut;
  const names = createNames(base.tables);
  const renamings: Renaming[] = [];
  for (const table of now) {
    const here = base.tables.find((t) => t.id === table.id);
    const then = before?.find((t) => t.id === table.id);
    if (!here) {
      const name = names.take(table.name);
      await addTable(place, { ...table, name }, base.tables.length + now.indexOf(table));
      if (name !== table.name) leftOut.push(renamed('table', table, name));
    } else if (then && then.name !== table.name) {
      renamings.push({ id: table.id, name: table.name });
    }
    if (!here || !then) continue;
    if (then.description !== table.description) await describe(place, table);
    if (then.name !== table.name || then.description !== table.description)
      place.changes.noteSchema({ kind: 'tableChanged', tableId: table.id, before: labelOf(here) });
  }
  for (const { id, name } of await renameAll(place, 'engine_tables', base.tables, renamings)) {
    const table = now.find((t) => t.id === id);
    if (table) leftOut.push(renamed('table', table, name));
  }
  for (const table of now) {
    const here = base.tables.find((t) => t.id === table.id);
    const then = before?.find((t) => t.id === table.id);
    leftOut.push(...(await importFields(place, table, here?.fields ?? [], then)));
    await importViews(place, table, here?.views ?? [], then);
  }
  await touchSchema(place);
  return leftOut;
}

async function addTable(place: BasePlace, table: HostedTable, position: number): Promise<void> {
  const { id, name, description, primaryFieldId } = table;
  const empty: EngineTable = {
    id,
    name,
    ...(description === undefined ? {} : { description }),
    primaryFieldId,
    fields: [],
    views: [],
  };
  await insertTable(place, empty, position);
  place.changes.noteSchema({ kind: 'tableCreated', tableId: id });
}

/** What something was called until now, for those who watch the base. */
const labelOf = ({ name, description }: EngineTable) => ({
  name,
  ...(description === undefined ? {} : { description }),
});

async function describe(place: BasePlace, table: HostedTable): Promise<void> {
  await place.tx.query(
    'UPDATE engine_tables SET description = $4 WHERE workspace_id = $1 AND base_id = $2 AND id = $3',
    [place.workspaceId, place.baseId, table.id, table.description ?? null],
  );
}

const renamed = (kind: 'table', { id, name }: HostedTable, here: string): LeftOut => ({
  kind,
  id,
  name,
  reason: `The name is taken here: it is called “${here}”.`,
});

/** Tables, fields and views that an earlier copy brought and that the source does not have any more. */
function listGone(before: readonly HostedTable[], now: readonly HostedTable[]): LeftOut[] {
  const reason = 'It is not at the source any more, or cannot be read: what an earlier copy brought stays.';
  return before.flatMap((then): LeftOut[] => {
    const table = now.find((t) => t.id === then.id);
    if (!table) return [{ kind: 'table', id: then.id, name: then.name, reason }];
    const fields = then.fields.filter(({ field }) => !table.fields.some((f) => f.field.id === field.id));
    const views = then.views.filter((view) => !table.views.some((v) => v.id === view.id));
    const tableId = then.id;
    return [
      ...fields.map(({ field }) => ({
        kind: 'field' as const,
        id: field.id,
        name: field.name,
        tableId,
        reason,
      })),
      ...views.map(({ id, name }) => ({ kind: 'view' as const, id, name, tableId, reason })),
    ];
  });
}
