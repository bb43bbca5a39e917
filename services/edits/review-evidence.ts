import type { AirtableRecord, Cells } from '../../contracts/airtable';
import { SagatableError } from '../../contracts/errors';
import type { UnresolvedChange } from '../../contracts/reviews';
import type { AirtableClient } from '../airtable/client';
import type { Tx } from '../database/database';
import { readChanges, readGaps, viewChange } from '../witness/change-rows';
import { findWatch, type WatchRef } from '../witness/watch-rows';
import { differingFields, fieldsOf } from './cell-comparison';
import type { EditRow } from './edit-rows';
import type { JournalEntry, readClaimed } from './journal';
import { presentCells } from './present';
import { showCell } from './cell-texts';
import type { Preview } from './preview';
import { readRecords } from './read-records';
import type { ReviewEntry } from './review-rows';
import { changeRow } from './views';

/** Clocks of two machines differ: a record made this much before our request may still be ours. */
const CLOCK_SKEW_MS = 120_000;
const SHOWN = 20;
/** Pages of a hundred new records that a look for candidates reads of a table. */
const MAX_PAGES = 3;

type Looked = NonNullable<UnresolvedChange['now']>;

/** What the journal says of a change under review. */
export function journalOf(
  { entry, settledAt, attempts }: ReviewEntry,
  buried: boolean,
): UnresolvedChange['journal'] {
  const { change } = entry;
  const undoing = entry.state.startsWith('undo_') || (buried && entry.state === 'landed');
  return {
    direction: undoing ? 'undo' : 'apply',
    sentAt: entry.sentAt?.toISOString() ?? null,
    settledAt: settledAt?.toISOString() ?? null,
    batch: entry.batch,
    attempts,
    found: entry.found ?? (change.kind === 'delete' ? change.before : null),
    written: writtenBy(entry),
  };
}

function writtenBy({ change }: JournalEntry): Cells | null {
  if (change.kind === 'create') return change.cells;
  if (change.kind !== 'update') return null;
  return Object.fromEntries(Object.entries(change.cells).map(([id, cell]) => [id, cell.after]));
}

/** What the base told of a record since it was sent; of a creation without one, of new records of its table. */
export async function readWitnessed(
  tx: Tx,
  ref: WatchRef,
  entry: JournalEntry,
): Promise<UnresolvedChange['witness']> {
  const watch = await findWatch(tx, ref);
  const since = new Date((entry.sentAt?.getTime() ?? Date.now()) - CLOCK_SKEW_MS);
  const ids = [entry.recordId, entry.restoredAs].filter((id) => id !== null);
  const told = ids.length
    ? await readChanges(tx, ref, { since, recordIds: ids, limit: SHOWN })
    : (await readChanges(tx, ref, { since, limit: 1_000 }))
        .filter(({ kind, tableId }) => kind === 'created' && tableId === entry.change.tableId)
        .slice(0, SHOWN);
  return {
    watched: watch?.state === 'watching',
    upTo: watch?.polledAt?.toISOString() ?? null,
    changes: told.map(viewChange),
    gaps: await readGaps(tx, ref, since),
  };
}

/** Puts the parts together. */
export function viewUnresolved(
  review: ReviewEntry,
  parts: {
    readonly tables: Preview['tables'];
    readonly buried: boolean;
    readonly witness: UnresolvedChange['witness'];
    readonly now: Looked | null;
    readonly late: UnresolvedChange['late'];
  },
): UnresolvedChange {
  return {
    ...changeRow(review.entry, [...parts.tables]),
    journal: journalOf(review, parts.buried),
    retrying: review.reviewOperation,
    now: parts.now,
    witness: parts.witness,
    late: parts.late,
  };
}

/**
 * A fresh look at the records of some changes: a call a table and hundred records, and for creations whose record nobody
 * knows at most three more a table. Where the base cannot be asked, each says why instead.
 */
export async function lookAtRecords(
  client: AirtableClient,
  edit: EditRow,
  reviews: readonly ReviewEntry[],
  claimed: (recordIds: readonly string[]) => ReturnType<typeof readClaimed>,
  signal: AbortSignal,
): Promise<Map<number, Looked>> {
  const looked = new Map<number, Looked>();
  const tables = edit.preview?.tables ?? [];
  const entries = reviews.map(({ entry }) => entry);
  for (const tableId of new Set(entries.map(({ change }) => change.tableId))) {
    const here = entries.filter(({ change }) => change.tableId === tableId);
    const at = new Date().toISOString();
    const none = { record: null, recordTexts: null, candidates: [], at };
    try {
      const present = await readById(client, edit.base_id, tableId, here, signal);
      const candidates = await findCandidates(client, edit, here, claimed, signal);
      for (const entry of here) {
        const record = present.get(entry.restoredAs ?? '') ?? present.get(entry.recordId ?? '');
        const cells = record ? presentCells({ tables }, tableId, record) : null;
        looked.set(entry.ordinal, {
          record: cells,
          recordTexts: cells && textsOf(tables, tableId, cells),
          candidates: (candidates.get(entry.ordinal) ?? []).slice(0, SHOWN).map(({ id, createdTime }) => ({
            recordId: id,
            createdTime,
          })),
          at,
          failed: null,
        });
      }
    } catch (error) {
      if (!(error instanceof SagatableError)) throw error;
      for (const { ordinal } of here) looked.set(ordinal, { ...none, failed: error.message });
    }
  }
  return looked;
}

async function readById(
  client: AirtableClient,
  baseId: string,
  tableId: string,
  entries: readonly JournalEntry[],
  signal: AbortSignal,
): Promise<Map<string, AirtableRecord>> {
  const ids = entries.flatMap(({ recordId, restoredAs }) =>
    [recordId, restoredAs].filter((id) => id !== null),
  );
  const present = new Map<string, AirtableRecord>();
  for await (const record of readRecords(client, baseId, tableId, ids, signal))
    present.set(record.id, record);
  return present;
}

/** Records that came since a creation without a known record was first sent, hold its cells, and belong to no journal entry. */
async function findCandidates(
  client: AirtableClient,
  edit: EditRow,
  entries: readonly JournalEntry[],
  claimed: (recordIds: readonly string[]) => ReturnType<typeof readClaimed>,
  signal: AbortSignal,
): Promise<Map<number, AirtableRecord[]>> {
  const creations = entries.filter(({ change, recordId }) => change.kind === 'create' && recordId === null);
  const times = creations.flatMap(({ firstSentAt, sentAt }) => (firstSentAt ?? sentAt)?.getTime() ?? []);
  const tableId = creations[0]?.change.tableId;
  if (!edit.preview || tableId === undefined || times.length === 0) return new Map();
  const since = new Date(Math.min(...times) - CLOCK_SKEW_MS).toISOString();
  const filterByFormula = `IS_AFTER(CREATED_TIME(), DATETIME_PARSE("${since}"))`;
  const created: AirtableRecord[] = [];
  let pages = 0;
  for await (const page of client.listRecords(edit.base_id, tableId, { filterByFormula }, { signal })) {
    created.push(...page);
    if (++pages === MAX_PAGES) break;
  }
  const taken = await claimed(created.map(({ id }) => id));
  const fields = fieldsOf(edit.preview);
  return new Map(
    creations.map(({ ordinal, change }) => [
      ordinal,
      created.filter(
        (record) =>
          !taken.has(record.id) &&
          change.kind === 'create' &&
          differingFields(fields, change.cells, record).length === 0,
      ),
    ]),
  );
}

function textsOf(tables: Preview['tables'], tableId: string, cells: Cells): Record<string, string> {
  const fields = tables.find((table) => table.id === tableId)?.fields ?? [];
  return Object.fromEntries(
    fields
      .filter((field) => field.id in cells)
      .map((field) => [field.name, showCell(field, cells[field.id] ?? null)]),
  );
}
