import type { AirtableRecord, Cells } from '../../contracts/airtable';
import type { Evidence } from '../../contracts/edits';
import { SAFEGUARDS } from '../../contracts/safeguards';
import { findCreated, readNotCreated } from '../witness/found-creations';
import type { WatchRef } from '../witness/watch-rows';
import { canonicalJson } from './canonical';
import { differingFields, type FieldsById } from './cell-comparison';
import { readEdit } from './edit-rows';
import { explain } from './explanations';
import { readClaimed, readOpenCreations, type JournalEntry } from './journal';
import { findMarked, isMarker, markerOf } from './marked-creations';
import { presentCells } from './present';
import { CLOCK_SKEW_MS, readOthersClaims } from './rival-creations';
import { withoutLater } from './restored-links';
import type { EditRun } from './run';
import type { Tx } from '../database/database';

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

/**
 * Airtable gives the second in which a record was made, and clocks that are kept right differ by less than that: a record that
 * is older than a request by more (ms) was there before it. One that might be is held against nobody and taken by nobody.
 */
const CLOCK_TRUST_MS = 3_000;

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
 * undo creates their records again), `cellsOf` what each was sent with. By their markers where they were sent with some; else
 * by the witness, else by reading back what was created since they were first sent (`first_sent_at`). A record that a journal
 * accounts for is nobody else's. Reads only, and may be asked again at any time: an entry that was given up as never landed
 * has its record here once it lands late, with the evidence for it.
 */
export async function findCreations(
  run: EditRun,
  entries: readonly JournalEntry[],
  cellsOf: (entry: JournalEntry) => Cells = (entry) => cellsToCreate(run.fields, entry),
): Promise<Map<number, CreationFate>> {
  const [first] = entries;
  if (!first) return new Map();
  if (first.markerField !== null) {
    const marked = await searchMarked(run, entries, first.markerField, cellsOf);
    if (marked) return marked;
  }
  if (!SAFEGUARDS.readBack) return new Map(entries.map(({ ordinal }) => [ordinal, { fate: 'absent' }]));
  return (await searchWitnessed(run, entries, cellsOf)) ?? searchCreatedSince(run, entries, cellsOf);
}

/** When the records of these entries can have been created first. */
function sentFirst(entries: readonly JournalEntry[]): Date | undefined {
  const times = entries.flatMap(({ firstSentAt, sentAt }) => (firstSentAt ?? sentAt)?.getTime() ?? []);
  return times.length ? new Date(Math.min(...times)) : undefined;
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
  const found = await run.db.tenant(run.workspaceId, async (tx) =>
    findCreated(tx, await readWatched(tx, run), run.fields, { tableId, sentAt, intents }),
  );
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

async function searchCreatedSince(
  run: EditRun,
  entries: readonly JournalEntry[],
  cellsOf: (entry: JournalEntry) => Cells,
): Promise<Map<number, CreationFate>> {
  const tableId = entries[0]?.change.tableId ?? '';
  const since = sentFirst(entries);
  const sent = await run.db.tenant(run.workspaceId, (tx) => readOpenCreations(tx, run.editId, tableId));
  const own = new Set(entries.map(({ ordinal }) => ordinal));
  const requests = [entries, ...byBatch(sent.filter(({ ordinal }) => !own.has(ordinal)))].map((request) =>
    request.map(cellsOf),
  );
  const fits = (cells: Cells, record: AirtableRecord) =>
    differingFields(run.fields, cells, record).length === 0;
  const wanted = requests[0] ?? [];
  const alike = (await readCreatedSince(run, entries)).filter((r) =>
    requests.some((q) => q.some((c) => fits(c, r))),
  );
  const { made, contested } = await readOthersClaims(run, tableId, alike);
  const candidates = alike.filter(({ id }) => !made.has(id));
  const doubtful = candidates.filter(
    (r) =>
      wanted.some((cells) => fits(cells, r)) &&
      (contested.has(r.id) || Date.parse(r.createdTime) < (since?.getTime() ?? 0) - CLOCK_TRUST_MS),
  );
  const told = doubtful.length
    ? 'unclear'
    : explain({ requests, candidates, fits, same: (a, b) => canonicalJson(a) === canonicalJson(b) });
  if (told === 'absent') return new Map(entries.map(({ ordinal }) => [ordinal, { fate: 'absent' }]));
  const records = candidates.filter((r) => wanted.some((cells) => fits(cells, r))).map(({ id }) => id);
  const reason =
    'an unanswered request may have created it: several or only some records match, or they can be somebody else’s, so none was taken for ours';
  return new Map(
    entries.map(({ ordinal }, i): [number, CreationFate] => {
      const record = told === 'unclear' ? undefined : told[i];
      if (!record) return [ordinal, { fate: 'unclear', records, reason }];
      const cells = wanted[i] ?? {};
      const how = 'the answer was lost; found again by reading back';
      return [ordinal, { fate: 'found', record, evidence: 'read_back', cells, surplus: [], reason: how }];
    }),
  );
}

function byBatch(entries: readonly JournalEntry[]): JournalEntry[][] {
  const batches = new Map<string | null, JournalEntry[]>();
  for (const entry of entries) batches.set(entry.batch, [...(batches.get(entry.batch) ?? []), entry]);
  return [...batches.values()];
}

/**
 * Records of the table that came since the request first left, that no journal accounts for, that nobody else is known to
 * have made, and that carry no marker: a request without markers makes none with one.
 */
export async function readCreatedSince(
  run: EditRun,
  entries: readonly JournalEntry[],
): Promise<AirtableRecord[]> {
  const sentAt = sentFirst(entries);
  const tableId = entries[0]?.change.tableId;
  if (!sentAt || tableId === undefined) return [];
  const since = new Date(sentAt.getTime() - CLOCK_SKEW_MS);
  const filterByFormula = `IS_AFTER(CREATED_TIME(), DATETIME_PARSE("${since.toISOString()}"))`;
  const created: AirtableRecord[] = [];
  const pages = run.client.listRecords(run.baseId, tableId, { filterByFormula }, { signal: run.signal });
  for await (const page of pages)
    created.push(...page.filter((r) => Date.parse(r.createdTime) >= since.getTime()));
  const unmarked = created.filter((r) => !Object.values(r.fields).some(isMarker));
  const [claimed, others] = await readNotOurs(
    run,
    sentAt,
    unmarked.map((r) => r.id),
  );
  return unmarked.filter((r) => !claimed.has(r.id) && !others.has(r.id));
}

/** Records that a journal of the workspace accounts for, and those that the witness says somebody else made. */
async function readNotOurs(
  run: EditRun,
  sentAt: Date | undefined,
  ids: readonly string[],
): Promise<[claimed: ReadonlySet<string>, others: ReadonlySet<string>]> {
  if (ids.length === 0) return [new Set(), new Set()];
  return run.db.tenant(run.workspaceId, async (tx) => [
    await readClaimed(tx, ids),
    sentAt ? await readNotCreated(tx, await readWatched(tx, run), sentAt, ids) : new Set<string>(),
  ]);
}

/** What of the witness concerns the edit: its base, through its connection. */
async function readWatched(tx: Tx, run: EditRun): Promise<WatchRef> {
  const { connection_id: connectionId } = await readEdit(tx, run.editId);
  return { workspaceId: run.workspaceId, connectionId, baseId: run.baseId };
}
