import type { AirtableRecord, BaseSchema, CellValue } from '../../contracts/airtable';
import { SagatableError } from '../../contracts/errors';
import { isSchemaChange } from '../../contracts/schema-changes';
import type { AirtableClient } from '../airtable/client';
import { differingFields, equalCells, nameFields, normalize, type FieldsById } from './cell-comparison';
import { restorable, type DraftedChange } from './draft';
import type { JournalEntry } from './journal';
import type { Preview } from './preview';
import { describeLosses, readExpectedLosses } from './expected-losses';
import { readRecords } from './read-records';
import { followRestoredLinks } from './restored-links';
import { planSchemaRevert } from './schema-revert';
import { readSuccessors } from './successors';
import type { Tx } from '../database/database';

/** More than this many examples of one kind say nothing new. */
const MAX_EXAMPLES = 10;

export interface RevertPlan {
  readonly drafted: DraftedChange[];
  readonly warnings: string[];
}

interface Reverting {
  readonly client: AirtableClient;
  readonly baseId: string;
  readonly fields: FieldsById;
  readonly tables: Preview['tables'];
  /** As it is now. */
  readonly schema: BaseSchema;
  /** The edit that is taken back, newer ones with it perhaps. */
  readonly revertOf: string;
  /** The revert that is being planned. */
  readonly editId: string;
  readonly read: <T>(work: (tx: Tx) => Promise<T>) => Promise<T>;
  readonly signal: AbortSignal;
  readonly alive: (recordsRead: number) => void;
}

/**
 * The change set that takes an edit back: each cell that still holds the edit's result goes back to what it
 * held before; whatever was changed since stays and is reported. `landed` are the edit's entries that took effect.
 */
export async function planRevert(r: Reverting, entries: readonly JournalEntry[]): Promise<RevertPlan> {
  const { landed, back, losses } = await r.read(async (tx) => {
    const ids = entries.flatMap(({ change }) => (change.kind === 'delete' ? [change.recordId] : []));
    return {
      landed: await followRestoredLinks(tx, r.editId, r.fields, entries),
      back: await readSuccessors(tx, r.baseId, ids),
      losses: await readExpectedLosses(tx, ids),
    };
  });
  const now = await readNow(r, landed);
  const deleted = new Set(
    landed.flatMap(({ change }) => (change.kind === 'delete' ? [change.recordId] : [])),
  );
  const updates: DraftedChange[] = [];
  const creates: DraftedChange[] = [];
  const deletes: DraftedChange[] = [];
  const kept: string[] = [];
  for (const entry of landed) {
    const { change, label } = entry;
    const who = label ?? entry.recordId ?? 'a record';
    if (change.kind === 'createOption' || isSchemaChange(change)) continue;
    if (change.kind === 'delete') {
      const again = back.get(change.recordId);
      if (again !== undefined) {
        kept.push(`${who}: was brought back already, as ${again}`);
        continue;
      }
      creates.push({
        change: {
          kind: 'create',
          tableId: change.tableId,
          cells: entry.found ?? change.before,
          restores: change.recordId,
        },
        label,
      });
      continue;
    }
    const record = entry.recordId === null ? undefined : now.get(entry.recordId);
    if (!record) {
      kept.push(`${who}: was deleted since`);
    } else if (change.kind === 'update') {
      const { cells, foreign } = revertCells(r.fields, entry, record, deleted);
      if (foreign.length) kept.push(`${who}: ${nameFields(r.fields, foreign)} changed since`);
      if (Object.keys(cells).length)
        updates.push({
          change: { kind: 'update', tableId: change.tableId, recordId: record.id, cells },
          label,
        });
    } else {
      const foreign = foreignFields(r, entry, change.tableId, record);
      const before = present(r, change.tableId, record);
      if (foreign.length)
        kept.push(`${who}: is left, since ${nameFields(r.fields, foreign)} changed since it was created`);
      else
        deletes.push({
          change: { kind: 'delete', tableId: change.tableId, recordId: record.id, before },
          label,
        });
    }
  }
  const ofSchema = planSchemaRevert(r, landed);
  kept.push(...ofSchema.kept);
  const drafted = [...ofSchema.drafted, ...creates, ...updates, ...deletes];
  if (drafted.length === 0) {
    throw new SagatableError(
      'Conflict',
      'There is nothing to take back: nothing of this edit is still as it was written.',
      { code: 'nothing_to_revert', details: { kept: kept.slice(0, MAX_EXAMPLES) } },
    );
  }
  return { drafted, warnings: [...warnOf(landed, kept), ...ofSchema.warnings, ...describeLosses(losses)] };
}

function revertCells(
  fields: FieldsById,
  entry: JournalEntry,
  now: AirtableRecord,
  deleted: ReadonlySet<string>,
) {
  const cells: Record<string, { before: CellValue; after: CellValue }> = {};
  const foreign: string[] = [];
  if (entry.change.kind !== 'update') return { cells, foreign };
  for (const [fieldId, cell] of Object.entries(entry.change.cells)) {
    const { found } = entry;
    const original = found && fieldId in found ? (found[fieldId] ?? null) : cell.before;
    const present = normalize(fields, fieldId, now.fields[fieldId] ?? null);
    if (equalCells(fields, fieldId, present, original)) continue;
    // What the edit linked to and deleted itself has left the cell with it.
    const left =
      fields.get(fieldId)?.type === 'multipleRecordLinks' && Array.isArray(cell.after)
        ? cell.after.filter((id) => typeof id !== 'string' || !deleted.has(id))
        : cell.after;
    if (equalCells(fields, fieldId, present, cell.after) || equalCells(fields, fieldId, present, left))
      cells[fieldId] = { before: present, after: original };
    else foreign.push(fieldId);
  }
  return { cells, foreign };
}

function present(r: Reverting, tableId: string, record: AirtableRecord) {
  const table = r.tables.find((t) => t.id === tableId);
  return table ? restorable({ ...table, views: [] }, record) : {};
}

function foreignFields(r: Reverting, entry: JournalEntry, tableId: string, record: AirtableRecord): string[] {
  const ours = entry.found ?? (entry.change.kind === 'create' ? entry.change.cells : {});
  const expected = {
    ...Object.fromEntries(Object.keys(present(r, tableId, record)).map((id) => [id, null])),
    ...ours,
  };
  return differingFields(r.fields, expected, record);
}

async function readNow(r: Reverting, landed: readonly JournalEntry[]): Promise<Map<string, AirtableRecord>> {
  const byTable = new Map<string, string[]>();
  for (const { change, recordId } of landed) {
    if (recordId === null || change.kind === 'delete' || change.kind === 'createOption') continue;
    const ids = byTable.get(change.tableId);
    if (ids) ids.push(recordId);
    else byTable.set(change.tableId, [recordId]);
  }
  const now = new Map<string, AirtableRecord>();
  for (const [tableId, ids] of byTable) {
    for await (const record of readRecords(r.client, r.baseId, tableId, ids, r.signal)) {
      now.set(record.id, record);
      if (now.size % 500 === 0) r.alive(now.size);
    }
  }
  return now;
}

function warnOf(landed: readonly JournalEntry[], kept: readonly string[]): string[] {
  const warnings: string[] = [];
  if (kept.length) {
    const more = kept.length > MAX_EXAMPLES ? ` … and ${kept.length - MAX_EXAMPLES} more` : '';
    warnings.push(
      `Changed since the edit and left as they are (${kept.length}): ${kept.slice(0, MAX_EXAMPLES).join('; ')}${more}`,
    );
  }
  if (landed.some((e) => e.change.kind === 'delete')) {
    warnings.push(
      'Deleted records are created again with new record ids, creation times, authors and autonumbers; revision history does not return. Links that somebody changed since stay as they are.',
    );
  }
  if (landed.some((e) => e.change.kind === 'createOption')) {
    warnings.push('Select options that the edit created stay: Airtable’s API cannot remove an option.');
  }
  return warnings;
}
