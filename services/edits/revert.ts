import type { AirtableRecord, BaseSchema, CellValue } from '../../contracts/airtable';
import { SagatableError } from '../../contracts/errors';
import { isSchemaChange } from '../../contracts/schema-changes';
import type { AirtableClient } from '../airtable/client';
import { differingFields, equalCells, nameFields, normalize, type FieldsById } from './cell-comparison';
import type { Plan } from './change-sets';
import { restorable } from './draft';
import { createExamples, type Examples } from './examples';
import type { JournalEntry } from './journal';
import { readDeleted } from './landed-pages';
import type { PlanStage, Reading } from './plan-stage';
import type { Preview } from './preview';
import { describeLosses, readExpectedLosses } from './expected-losses';
import { readRecords } from './read-records';
import { draftRecord, type RecordDraft } from './record-drafts';
import { followRestoredLinks, idsOf } from './restored-links';
import { planSchemaRevert } from './schema-revert';
import { readSuccessors, type Successors } from './successors';
import type { Tx } from '../database/database';

/** The changes of records are staged. */
export type RevertPlan = Omit<Plan, 'stage'>;

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
  /** The edits that are taken back. */
  readonly editIds: readonly string[];
  readonly stage: Pick<PlanStage, 'add'>;
  readonly read: Reading;
  readonly signal: AbortSignal;
  readonly alive: (recordsRead: number) => void;
}

/** What a page of entries is judged by. */
interface Looked {
  readonly now: ReadonlyMap<string, AirtableRecord>;
  /** Deleted records that are back, by what they are called today. */
  readonly back: Successors;
  /** Records that the edit itself deleted, of those that it linked to. */
  readonly deleted: ReadonlySet<string>;
}

/** What was met with on the way. */
interface RevertOutcome {
  staged: number;
  deletions: number;
  options: number;
  readonly kept: Examples;
}

/**
 * Stages the changes that take an edit back: each cell that still holds the edit's result goes back to what it
 * held before; whatever was changed since stays and is reported. `landed` are the edit's entries that took effect, newest first.
 * Throws Conflict `nothing_to_revert`.
 */
export async function planRevert(
  r: Reverting,
  landed: AsyncIterable<readonly JournalEntry[]>,
): Promise<RevertPlan> {
  const outcome: RevertOutcome = { staged: 0, deletions: 0, options: 0, kept: createExamples() };
  const losses = { comments: 0, largeAttachments: 0 };
  const schemaEntries: JournalEntry[] = [];
  let seen = 0;
  for await (const entries of landed) {
    r.signal.throwIfAborted();
    const page = await r.read((tx) => lookUpPage(tx, r, entries));
    losses.comments += page.losses.comments;
    losses.largeAttachments += page.losses.largeAttachments;
    const now = await readNow(r, page.landed);
    for (const entry of page.landed) {
      if (isSchemaChange(entry.change)) schemaEntries.push(entry);
      else await revertEntry(r, entry, { ...page, now }, outcome);
    }
    r.alive((seen += entries.length));
  }
  const ofSchema = planSchemaRevert(r, schemaEntries);
  for (const one of ofSchema.kept) outcome.kept.add(one);
  if (outcome.staged + ofSchema.drafted.length === 0) {
    throw new SagatableError(
      'Conflict',
      'There is nothing to take back: nothing of this edit is still as it was written.',
      { code: 'nothing_to_revert', details: { kept: outcome.kept.list } },
    );
  }
  return {
    ofSchema: ofSchema.drafted,
    index: null,
    warnings: [...warnOf(outcome), ...ofSchema.warnings, ...describeLosses(losses)],
  };
}

/** What the journal says of a page of entries. */
async function lookUpPage(tx: Tx, r: Reverting, entries: readonly JournalEntry[]) {
  const ids = entries.flatMap(({ change }) => (change.kind === 'delete' ? [change.recordId] : []));
  const landed = await followRestoredLinks(tx, r.editId, r.fields, entries);
  return {
    landed,
    back: await readSuccessors(tx, r.baseId, ids),
    losses: await readExpectedLosses(tx, ids),
    deleted: await readDeleted(tx, r.editIds, linkedIn(r.fields, landed)),
  };
}

/** The records that updates linked to. */
function linkedIn(fields: FieldsById, entries: readonly JournalEntry[]): string[] {
  const linked = new Set<string>();
  for (const { change } of entries) {
    if (change.kind !== 'update') continue;
    for (const [fieldId, { after }] of Object.entries(change.cells))
      if (fields.get(fieldId)?.type === 'multipleRecordLinks') for (const id of idsOf(after)) linked.add(id);
  }
  return [...linked];
}

async function revertEntry(
  r: Reverting,
  entry: JournalEntry,
  { now, back, deleted }: Looked,
  outcome: RevertOutcome,
): Promise<void> {
  const { change, label, recordId } = entry;
  const who = label ?? recordId ?? 'a record';
  const { tableId } = change;
  if (change.kind === 'createOption') {
    outcome.options++;
    return;
  }
  if (isSchemaChange(change)) return;
  if (change.kind === 'delete') {
    outcome.deletions++;
    const again = back.get(change.recordId);
    if (again !== undefined) {
      outcome.kept.add(`${who}: was brought back already, as ${again}`);
      return;
    }
    const cells = Object.entries(entry.found ?? change.before).map(
      ([id, after]) => [id, { before: null, after }] as const,
    );
    const restores = change.recordId;
    await add(draftRecord({ tableId, recordId: null, label, cells: Object.fromEntries(cells), restores }));
    return;
  }
  const record = recordId === null ? undefined : now.get(recordId);
  if (!record) {
    outcome.kept.add(`${who}: was deleted since`);
  } else if (change.kind === 'update') {
    const { cells, foreign } = revertCells(r.fields, entry, record, deleted);
    if (foreign.length) outcome.kept.add(`${who}: ${nameFields(r.fields, foreign)} changed since`);
    if (Object.keys(cells).length) await add(draftRecord({ tableId, recordId: record.id, label, cells }));
  } else {
    const foreign = foreignFields(r, entry, tableId, record);
    const before = present(r, tableId, record);
    if (foreign.length)
      outcome.kept.add(
        `${who}: is left, since ${nameFields(r.fields, foreign)} changed since it was created`,
      );
    else await add(draftRecord({ tableId, recordId: record.id, label, before, removed: true }));
  }

  async function add(draft: RecordDraft): Promise<void> {
    outcome.staged++;
    await r.stage.add(draft);
  }
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
    for await (const record of readRecords(r.client, r.baseId, tableId, ids, r.signal))
      now.set(record.id, record);
  }
  return now;
}

function warnOf({ kept, deletions, options }: RevertOutcome): string[] {
  const warnings: string[] = [];
  if (kept.count)
    warnings.push(`Changed since the edit and left as they are (${kept.count}): ${kept.text()}`);
  if (deletions) {
    warnings.push(
      'Deleted records are created again with new record ids, creation times, authors and autonumbers; revision history does not return. Links that somebody changed since stay as they are.',
    );
  }
  if (options) {
    warnings.push('Select options that the edit created stay: Airtable’s API cannot remove an option.');
  }
  return warnings;
}
