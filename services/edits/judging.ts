import type { AirtableRecord, Cells, CellValue } from '../../contracts/airtable';
import { differingFields, equalCells, judgeUpdate, nameFields } from './cell-comparison';
import { readOverwrites, type Aside } from './conflicts';
import type { JournalEntry, Settlement } from './journal';
import { presentCells } from './present';
import { readRestoredElsewhere } from './restored-links';
import type { EditRun } from './run';

/** What of a batch is to be written, with what the base holds now, what is settled without a write, and what somebody is asked about. */
export interface Judged {
  readonly toWrite: Array<{ entry: JournalEntry; found: Cells }>;
  readonly settled: Settlement[];
  readonly asides: Aside[];
}

/**
 * Compares each entry's record, as it is now, with what the plan saw: changed since means a conflict, by the edit's policy.
 * A record that is gone is never asked about: there is nothing left to overwrite.
 */
export async function judge(
  run: EditRun,
  entries: readonly JournalEntry[],
  now: ReadonlyMap<string, AirtableRecord>,
): Promise<Judged> {
  const judged: Judged = { toWrite: [], settled: [], asides: [] };
  const restored = await readRestored(run, entries);
  const overwrites = await readDecided(run, entries);
  const meet = (entry: JournalEntry, found: Cells, reason: string) => {
    if (run.policy === 'overwrite' || isDecided(run, overwrites.get(entry.ordinal), found))
      judged.toWrite.push({ entry, found });
    else if (run.policy === 'ask') judged.asides.push({ entry, present: found, reason });
    else
      judged.settled.push({
        ordinal: entry.ordinal,
        state: 'conflict',
        reason,
        // An earlier request without an answer may still replace this.
        ...(entry.sentAt && { found }),
      });
  };
  for (const entry of entries) {
    const { change, ordinal } = entry;
    if (change.kind === 'create' && change.restores !== undefined && restored.has(change.restores)) {
      judged.settled.push({ ordinal, state: 'conflict', reason: 'was brought back by another undo already' });
      continue;
    }
    if (change.kind !== 'update' && change.kind !== 'delete') {
      judged.toWrite.push({ entry, found: {} });
      continue;
    }
    const record = now.get(change.recordId);
    if (!record) {
      const gone = 'the record was deleted since the preview';
      const deleted: Settlement = entry.sentAt
        ? { ordinal, state: 'landed', evidence: 'read_back' }
        : { ordinal, state: 'unchanged', reason: gone };
      judged.settled.push(change.kind === 'delete' ? deleted : { ordinal, state: 'conflict', reason: gone });
      continue;
    }
    if (change.kind === 'update') {
      const verdict = judgeUpdate(run.fields, change, record);
      if (verdict.kind === 'already') {
        // Sent before without an answer, and here it is: our own write, late.
        judged.settled.push(
          entry.sentAt
            ? { ordinal, state: 'landed', evidence: 'read_back' }
            : { ordinal, state: 'unchanged', reason: 'held this already' },
        );
      } else if (verdict.kind === 'conflict') meet(entry, verdict.found, verdict.reason);
      else judged.toWrite.push({ entry, found: verdict.found });
      continue;
    }
    const found = presentCells(run, change.tableId, record);
    const changed = differingFields(run.fields, { ...emptied(found), ...change.before }, record).filter(
      (fieldId) => !onlyLostLinks(run, fieldId, change.before[fieldId], record.fields[fieldId]),
    );
    if (changed.length) meet(entry, found, `changed since the preview: ${nameFields(run.fields, changed)}`);
    else judged.toWrite.push({ entry, found });
  }
  return judged;
}

/** Only under `ask` does anybody decide on single records. */
function readDecided(run: EditRun, entries: readonly JournalEntry[]): Promise<Map<number, Cells>> {
  if (run.policy !== 'ask') return Promise.resolve(new Map<number, Cells>());
  const ordinals = entries.map(({ ordinal }) => ordinal);
  return run.db.tenant(run.workspaceId, (tx) => readOverwrites(tx, run.editId, ordinals));
}

/** True where somebody decided to overwrite just these values; other values have to be asked about anew. */
function isDecided(run: EditRun, decided: Cells | undefined, found: Cells): boolean {
  if (!decided) return false;
  const fieldIds = Object.keys({ ...decided, ...found });
  return fieldIds.every((id) => equalCells(run.fields, id, decided[id], found[id]));
}

function readRestored(run: EditRun, entries: readonly JournalEntry[]): Promise<Set<string>> {
  const ids = entries.flatMap(({ change }) =>
    change.kind === 'create' && change.restores !== undefined ? [change.restores] : [],
  );
  if (ids.length === 0) return Promise.resolve(new Set<string>());
  return run.db.tenant(run.workspaceId, (tx) => readRestoredElsewhere(tx, run.editId, ids));
}

/** Links that went away, through this very edit or otherwise, are no reason to keep a record that is to be deleted. */
function onlyLostLinks(
  run: EditRun,
  fieldId: string,
  before: CellValue | undefined,
  now: CellValue | undefined,
): boolean {
  if (run.fields.get(fieldId)?.type !== 'multipleRecordLinks') return false;
  const known = new Set(Array.isArray(before) ? before : []);
  return (Array.isArray(now) ? now : []).every((id) => known.has(id));
}

const emptied = (cells: Cells): Cells =>
  Object.fromEntries(Object.keys(cells).map((fieldId) => [fieldId, null]));
