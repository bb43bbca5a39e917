import type { TableSchema } from '../../contracts/airtable';
import type { Change } from '../../contracts/changes';
import { SagatableError } from '../../contracts/errors';
import type { FieldSpec } from '../../contracts/schema-changes';
import type { Tx } from '../database/database';
import type { Preview } from './preview';
import { PREVIEW_TELLS_OF } from './preview-kinds';

/** The kinds of changes that make what has an id of its own. */
const MAKING = ['createTable', 'createField'];

/** Real ids of what an edit has made, by what stands for each in its change set. */
export type MadeIds = ReadonlyMap<string, string>;

/** Whether this stands for a table or field that the edit itself is to make. */
export function isNewId(id: string): boolean {
  return id.startsWith('new:');
}

/** Throws InvalidInput `not_made_yet` for a table or field of the same proposal: nothing can be looked for in it. */
export function assertHasRecords({ id, name }: { readonly id: string; readonly name: string }): void {
  if (!isNewId(id)) return;
  throw new SagatableError(
    'InvalidInput',
    `“${name}” is made by this very proposal and is empty until then: create its records one by one.`,
    { code: 'not_made_yet' },
  );
}

/** The real ids of the tables and fields that an edit has made so far. */
export async function readMadeIds(tx: Tx, editId: string): Promise<MadeIds> {
  const { rows } = await tx.query<{ made: Record<string, string> }>(
    `SELECT made FROM edit_changes WHERE edit_id = $1 AND made IS NOT NULL AND ${PREVIEW_TELLS_OF}`,
    [editId, MAKING],
  );
  return new Map(rows.flatMap(({ made }) => Object.entries(made)));
}

/** Entries with real ids in place of what stood for them, as far as they are known. */
export async function followMadeIds<E extends { readonly change: Change }>(
  tx: Tx,
  editId: string,
  entries: E[],
): Promise<E[]> {
  if (!entries.some(({ change }) => namesNew(change))) return entries;
  const made = await readMadeIds(tx, editId);
  return made.size
    ? entries.map((entry) => ({ ...entry, change: withMadeIds(entry.change, made) }))
    : entries;
}

function namesNew(change: Change): boolean {
  if (change.kind === 'createTable' || change.kind === 'createField') return true;
  if (isNewId(change.tableId)) return true;
  return 'cells' in change && Object.keys(change.cells).some(isNewId);
}

/** What a creation itself makes keeps its stand-in: the journal tells its id. */
function withMadeIds(change: Change, made: MadeIds): Change {
  const real = (id: string) => made.get(id) ?? id;
  const realKeys = <V>(cells: Readonly<Record<string, V>>) =>
    Object.fromEntries(Object.entries(cells).map(([id, value]) => [real(id), value]));
  switch (change.kind) {
    case 'createTable':
      return { ...change, fields: change.fields.map((field) => linkingTo(field, made)) };
    case 'createField':
      return { ...change, tableId: real(change.tableId), field: linkingTo(change.field, made) };
    case 'update':
      return { ...change, tableId: real(change.tableId), cells: realKeys(change.cells) };
    case 'create':
      return { ...change, tableId: real(change.tableId), cells: realKeys(change.cells) };
    default:
      return change;
  }
}

function linkingTo<F extends Pick<FieldSpec, 'options'>>(field: F, made: MadeIds): F {
  const linked = field.options?.['linkedTableId'];
  const real = typeof linked === 'string' ? made.get(linked) : undefined;
  return real === undefined ? field : { ...field, options: { ...field.options, linkedTableId: real } };
}

/** The tables of a preview with the real ids of what the edit has made since. */
export function withMadeTables(tables: Preview['tables'], made: MadeIds): Preview['tables'] {
  if (made.size === 0) return tables;
  const real = (id: string) => made.get(id) ?? id;
  return tables.map((table) => ({
    ...table,
    id: real(table.id),
    primaryFieldId: real(table.primaryFieldId),
    fields: table.fields.map((field) => ({ ...field, id: real(field.id) })),
  }));
}

/** The tables as they will be once the change set's own are made, under what stands for their ids; names stay as they are. */
export function withNewTables(tables: readonly TableSchema[], changes: Iterable<Change>): TableSchema[] {
  const planned = tables.map((table) => ({ ...table, fields: [...table.fields] }));
  for (const change of changes) {
    if (change.kind === 'createTable') {
      const { tableId: id, name, description } = change;
      const fields = change.fields.map(({ fieldId, ...field }) => ({ id: fieldId, ...field }));
      planned.push({ id, name, description, fields, primaryFieldId: fields[0]?.id ?? '', views: [] });
    }
    if (change.kind === 'createField') {
      const table = planned.find(({ id }) => id === change.tableId);
      table?.fields.push({ id: change.fieldId, ...change.field });
    }
  }
  return planned;
}
