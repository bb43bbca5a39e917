import type { AirtableRecord, CellValue } from '../../contracts/airtable';
import { SagatableError } from '../../contracts/errors';
import type { AirtableClient } from '../airtable/client';
import { differingFields, equalCells, nameFields, normalize, type FieldsById } from './cell-comparison';
import { restorable, type DraftedChange } from './draft';
import type { JournalEntry } from './journal';
import type { Preview } from './preview';
import { readRecords } from './read-records';

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
  readonly signal: AbortSignal;
  readonly alive: (recordsRead: number) => void;
}

/**
 * The change set that takes an edit back: each cell that still holds the edit's result goes back to what it
 * held before; whatever was changed since stays and is reported. `landed` are the edit's entries that took effect.
 */
export async function planRevert(r: Reverting, landed: readonly JournalEntry[]): Promise<RevertPlan> {
  const now = await readNow(r, landed);
  const updates: DraftedChange[] = [];
  const creates: DraftedChange[] = [];
  const deletes: DraftedChange[] = [];
  const kept: string[] = [];
  for (const entry of landed) {
    const { change, label } = entry;
    const who = label ?? entry.recordId ?? 'a record';
    if (change.kind === 'createOption') continue;
    if (change.kind === 'delete') {
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
      const { cells, foreign } = revertCells(r.fields, entry, record);
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
  const drafted = [...creates, ...updates, ...deletes];
  if (drafted.length === 0) {
    throw new SagatableError(
      'Conflict',
      'There is nothing to take back: nothing of this edit is still as it was written.',
      { code: 'nothing_to_revert', details: { kept: kept.slice(0, MAX_EXAMPLES) } },
    );
  }
  return { drafted, warnings: warnOf(landed, kept) };
}

function revertCells(fields: FieldsById, entry: JournalEntry, now: AirtableRecord) {
  const cells: Record<string, { before: CellValue; after: CellValue }> = {};
  const foreign: string[] = [];
  if (entry.change.kind !== 'update') return { cells, foreign };
  for (const [fieldId, cell] of Object.entries(entry.change.cells)) {
    const { found } = entry;
    const original = found && fieldId in found ? (found[fieldId] ?? null) : cell.before;
    const present = normalize(fields, fieldId, now.fields[fieldId] ?? null);
    if (equalCells(fields, fieldId, present, original)) continue;
    if (equalCells(fields, fieldId, present, cell.after))
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
      'Deleted records are created again with new record ids and creation times; comments and revision history do not return.',
    );
  }
  if (landed.some((e) => e.change.kind === 'createOption')) {
    warnings.push('Select options that the edit created stay: Airtable’s API cannot remove an option.');
  }
  return warnings;
}
