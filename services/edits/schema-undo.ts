import { randomUUID } from 'node:crypto';
import type { BaseSchema } from '../../contracts/airtable';
import type { SchemaCreation, SchemaNaming } from '../../contracts/schema-changes';
import type { CallOptions } from '../airtable/client';
import { intend, type Settlement } from './journal';
import { isRefusal, sendWrite, type EditRun, type WriteEnd } from './run';
import { settleSchema, type SchemaEntry } from './schema-journal';
import { findNamesake, findTaken, isRenaming, matchCreation, presentText } from './schema-look';
import { findLeftovers, isMarked, markOf, type Leftover, type Mark } from './schema-marks';

type End = Omit<Settlement, 'ordinal'>;

/**
 * Takes back one schema change: a name or description goes back where it is still ours; what was made is renamed and marked,
 * since no call of the Web API removes it. Safe to repeat: each attempt looks at the base anew.
 */
export async function undoSchema(run: EditRun, entry: SchemaEntry): Promise<void> {
  const { change } = entry;
  const schema = await run.client.getBaseSchema(run.baseId, { signal: run.signal });
  if (change.kind === 'createTable' || change.kind === 'createField')
    return undoCreation(run, entry, change, schema);
  return undoNaming(run, entry, change, schema);
}

async function undoNaming(
  run: EditRun,
  entry: SchemaEntry,
  change: SchemaNaming,
  schema: BaseSchema,
): Promise<void> {
  const key = isRenaming(change) ? 'name' : 'description';
  // Under the policy `overwrite` another text was there than the plan saw.
  const found = entry.found?.[key];
  const before = typeof found === 'string' ? found : change.before;
  const now = presentText(schema, change);
  if (now === undefined)
    return settleSchema(run, entry, undoConflict('the table or field was deleted since'));
  if (now === before) return settleSchema(run, entry, { state: 'undone' });
  if (now !== change.after)
    return settleSchema(
      run,
      entry,
      undoConflict(`changed by somebody since, left as it is: ${now || 'empty'}`),
    );
  const taken = findTaken(schema, change, before);
  if (taken !== undefined)
    return settleSchema(run, entry, undoConflict(`its name was given to another since: ${taken}`));
  const { tableId } = change;
  const fieldId = 'fieldId' in change ? { fieldId: change.fieldId } : {};
  await sendUndo(run, entry, [{ tableId, ...fieldId, to: { [key]: before } }], { state: 'undone' });
}

async function undoCreation(
  run: EditRun,
  entry: SchemaEntry,
  change: SchemaCreation,
  schema: BaseSchema,
): Promise<void> {
  const left = findLeftovers(schema, change, madeBy(schema, change, entry));
  if (left.length === 0) return settleSchema(run, entry, { state: 'undone', reason: 'was deleted since' });
  const open = left.filter((one) => !isMarked(one, run.editId));
  const [own] = left;
  const ours = change.kind === 'createTable' ? change.name : change.field.name;
  if (own && !isMarked(own, run.editId) && own.name !== ours)
    return settleSchema(run, entry, undoConflict(`renamed by somebody since, left as it is: ${own.name}`));
  const marks = open.map((one) => ({ ...one, to: markOf(schema, one, run.editId, new Date()) }));
  const name = marks[0]?.to.name ?? own?.name ?? '';
  const what = change.kind === 'createTable' ? 'table' : 'field';
  const reason = `the ${what} itself stays, since the API cannot remove one: it is called “${name}” now`;
  await sendUndo(run, entry, marks, { state: 'undone', reason });
}

/** The journal tells; where a person settled the entry it does not, and what was made is found as it was wanted. */
function madeBy(schema: BaseSchema, change: SchemaCreation, entry: SchemaEntry): ReadonlyMap<string, string> {
  const namesake = entry.made ? undefined : findNamesake(schema, change);
  return new Map(Object.entries(entry.made ?? (namesake && matchCreation(change, namesake)) ?? {}));
}

type Renaming = Pick<Leftover, 'tableId' | 'fieldId'> & { readonly to: Partial<Mark> };

/** Journals and sends the renamings, one after the other; the last answer settles the entry. */
async function sendUndo(
  run: EditRun,
  entry: SchemaEntry,
  renamings: readonly Renaming[],
  settled: End,
): Promise<void> {
  const { ordinal } = entry;
  await intend(run.db, run.lease, run.editId, randomUUID(), 'undo_intended', [{ ordinal }]);
  for (const renaming of renamings) {
    const end: WriteEnd<unknown> = await sendWrite(run, (options) => rename(run, renaming, options));
    if (end.end === 'refused' && isRefusal(end.error)) {
      const why = end.error instanceof Error ? end.error.message : String(end.error);
      return settleSchema(run, entry, undoConflict(`the undo was refused: ${why}`));
    }
    // It stays `undo_intended`: the next attempt looks again.
    if (end.end !== 'landed') throw end.error;
  }
  await settleSchema(run, entry, settled);
}

function rename(
  { client, baseId }: EditRun,
  { tableId, fieldId, to }: Renaming,
  options: CallOptions,
): Promise<unknown> {
  return fieldId === undefined
    ? client.updateTable(baseId, tableId, to, options)
    : client.updateField(baseId, tableId, fieldId, to, options);
}

const undoConflict = (reason: string): End => ({ state: 'undo_conflict', reason });
