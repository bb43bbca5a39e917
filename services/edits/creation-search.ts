import type { AirtableRecord, Cells } from '../../contracts/airtable';
import type { Evidence } from '../../contracts/edits';
import { SAFEGUARDS } from '../../contracts/safeguards';
import { findCreated } from '../witness/found-creations';
import { canonicalJson } from './canonical';
import { differingFields, type FieldsById } from './cell-comparison';
import { searchCreatedSince } from './created-since';
import { readDisowned, readNotOurs, readWatched, sentFirst } from './creation-claims';
import type { JournalEntry } from './journal';
import { findMarked, markerOf } from './marked-creations';
import { presentCells } from './present';
import { CLOCK_SKEW_MS, readOthersClaims } from './rival-creations';
import { withoutLater } from './restored-links';
import type { EditRun } from './run';

/**
 * What is known of a creation without an answer. `found`: this record is its. `absent`: there is none so far; it may still
 * come. `unclear`: records may be its, or somebody else's: nothing is taken and nothing deleted by guess.
 */
export type CreationFate =
  | {
      readonly fate: 'found';
      readonly record: AirtableRecord;
      readonly evidence: Evidence;
      /** The record as it was made, as far as that is known, else as it was sent: whatever else is in it can be somebody's. */
      readonly cells: Cells;
      /** Records that a repeated request made beside it: ours for certain, and too many. */
      readonly surplus: readonly string[];
      readonly reason: string;
    }
  | { readonly fate: 'absent' }
  | { readonly fate: 'unclear'; readonly records: readonly string[]; readonly reason: string };

/** The cells that an entry creates a record with: those of a creation, or what a deleted record held, without what follows it later. */
export function cellsToCreate(
  fields: FieldsById,
  { change, found }: Pick<JournalEntry, 'change' | 'found'>,
): Cells {
  if (change.kind === 'create')
    return change.restores === undefined ? change.cells : withoutLater(fields, change.cells);
  return change.kind === 'delete' ? withoutLater(fields, found ?? change.before) : {};
}

/**
 * Looks for the records of creations without an answer: `entries` are what one request carried (creations, or deletions whose
 * undo creates their records again), `batch` the one that it was sent under. By their markers where they were sent with some; else
 * by the witness, else by reading back what was created since they were first sent (`first_sent_at`). A record that a journal
 * accounts for is nobody else's. Reads only, and may be asked again at any time: an entry that was given up as never landed
 * has its record here once it lands late, with the evidence for it.
 */
export async function findCreations(
  run: EditRun,
  entries: readonly JournalEntry[],
  batch: string | null = entries[0]?.batch ?? null,
): Promise<Map<number, CreationFate>> {
  const [first] = entries;
  const cellsOf = (entry: JournalEntry) => cellsToCreate(run.fields, entry);
  if (!first) return new Map();
  if (first.markerField !== null) {
    const marked = await searchMarked(run, entries, first.markerField, cellsOf);
    if (marked) return marked;
  }
  if (!SAFEGUARDS.readBack) return new Map(entries.map(({ ordinal }) => [ordinal, { fate: 'absent' }]));
  return (
    (await searchWitnessed(run, entries, cellsOf)) ?? searchCreatedSince(run, { entries, batch }, cellsOf)
  );
}

/** Undefined when the marker field is not there any more. */
async function searchMarked(
  run: EditRun,
  entries: readonly JournalEntry[],
  field: string,
  cellsOf: (entry: JournalEntry) => Cells,
): Promise<Map<number, CreationFate> | undefined> {
  const tableId = entries[0]?.change.tableId ?? '';
  const since = sentFirst(entries);
  const ordinals = entries.map(({ ordinal }) => ordinal);
  const marked = await findMarked(run, tableId, field, ordinals);
  if (!marked) return undefined;
  const ids = [...marked.values()].flat().map(({ id }) => id);
  const [claimed, others] = await readNotOurs(run, since, ids);
  const fates = new Map<number, CreationFate>();
  for (const entry of entries) {
    const carriers = (marked.get(entry.ordinal) ?? []).filter(({ id }) => !claimed.has(id));
    fates.set(entry.ordinal, fateOf(entry, carriers));
  }
  return fates;

  function fateOf(entry: JournalEntry, carriers: readonly AirtableRecord[]): CreationFate {
    const wanted = { ...cellsOf(entry), [field]: markerOf(run.editId, entry.ordinal) };
    const [oldest, ...rest] = [...carriers].sort(
      (a, b) => Date.parse(a.createdTime) - Date.parse(b.createdTime),
    );
    if (!oldest) return { fate: 'absent' };
    const untouched = differingFields(run.fields, wanted, oldest).length === 0;
    const present = presentCells(run, tableId, oldest);
    const foreign = carriers.some(
      ({ id, createdTime }) =>
        others.has(id) || (since !== undefined && Date.parse(createdTime) < since.getTime() - CLOCK_SKEW_MS),
    );
    // Two of ours are alike, and only a repeated request makes the second: a copy that somebody made is not deleted.
    const repeated = (entry.firstSentAt?.getTime() ?? 0) < (entry.sentAt?.getTime() ?? 0);
    const twins =
      rest.length === 0 ||
      (repeated &&
        rest.length === 1 &&
        untouched &&
        rest.every((r) => canonicalJson(presentCells(run, tableId, r)) === canonicalJson(present)));
    if (foreign || !twins)
      return {
        fate: 'unclear',
        records: carriers.map(({ id }) => id),
        reason: `its marker is in ${carriers.length === 1 ? 'a record' : 'records'} that this edit cannot have made: ${carriers.map(({ id }) => id).join(', ')}`,
      };
    return {
      fate: 'found',
      record: oldest,
      evidence: 'marker',
      cells: wanted,
      surplus: rest.map(({ id }) => id),
      reason: 'the answer was lost; found again by its marker',
    };
  }
}

/** Creations that a watched base proves to have landed. Undefined where it proves nothing. */
export async function searchWitnessed(
  run: EditRun,
  entries: readonly JournalEntry[],
  cellsOf: (entry: JournalEntry) => Cells = (entry) => cellsToCreate(run.fields, entry),
): Promise<Map<number, CreationFate> | undefined> {
  const sentAt = sentFirst(entries);
  if (!sentAt) return undefined;
  const tableId = entries[0]?.change.tableId ?? '';
  const intents = entries.map((entry) => ({ ordinal: entry.ordinal, cells: cellsOf(entry) }));
  const found = await run.db.tenant(run.workspaceId, async (tx) => {
    const created = await findCreated(tx, await readWatched(tx, run), run.fields, {
      tableId,
      sentAt,
      intents,
    });
    const ids = [...(created?.values() ?? [])].map(({ id }) => id);
    return (await readDisowned(tx, run.editId, ids)).size ? undefined : created;
  });
  if (!found) return undefined;
  const { made, contested } = await readOthersClaims(run, tableId, [...found.values()]);
  if ([...found.values()].some(({ id }) => made.has(id) || contested.has(id))) return undefined;
  return new Map(
    [...found].map(([ordinal, record]): [number, CreationFate] => [
      ordinal,
      {
        fate: 'found',
        record,
        evidence: 'witness',
        cells: presentCells(run, tableId, record),
        surplus: [],
        reason: 'the answer was lost; the base told that it was created',
      },
    ]),
  );
}
