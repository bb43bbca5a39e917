import { MAX_PAGE_SIZE, MAX_RECORDS_PER_WRITE, type AirtableRecord } from '../../contracts/airtable';
import { SagatableError } from '../../contracts/errors';
import { sameTarget } from './batches';
import type { JournalEntry } from './journal';
import { readPresent, type PresentSource } from './present';
import type { EditRun } from './run';

/**
 * How long (ms) one look at records serves the check before a write. Airtable has no conditional write: whatever a person
 * changes between look and write is overwritten, so a look may not get old; one for every ten records would double the calls.
 */
export const FRESH_MS = 5_000;

/** Requests of one edit under way at the same time: on a long way the answer of one must not put off the next. */
const IN_FLIGHT = 2;

/** Gives a batch of the entries the records that it names, by id, as they were at most 5 s ago. */
export type Look = (batch: readonly JournalEntry[]) => Promise<ReadonlyMap<string, AirtableRecord>>;

/**
 * The leading entries that one look can serve: as many as a list call reads, where all are updates of one table and none
 * touches links; else one batch, because a write to links or a deletion changes other records of the same look.
 */
export function withinOneLook(
  run: Pick<EditRun, 'fields'>,
  entries: readonly JournalEntry[],
): JournalEntry[] {
  const same = sameTarget(entries);
  const plain = same.findIndex(({ change }) => change.kind !== 'update' || touchesLinks(run, change.cells));
  const count = plain < 0 ? MAX_PAGE_SIZE : Math.max(plain, MAX_RECORDS_PER_WRITE);
  return same.slice(0, count);
}

function touchesLinks(
  { fields }: Pick<EditRun, 'fields'>,
  cells: Readonly<Record<string, unknown>>,
): boolean {
  return Object.keys(cells).some((fieldId) => fields.get(fieldId)?.type === 'multipleRecordLinks');
}

/**
 * Reads the records of all entries at the first batch, and again those of the rest when the look has got old. `clock` gives
 * milliseconds that only grow.
 */
export function lookAt(
  run: PresentSource,
  entries: readonly JournalEntry[],
  clock: { now(): number } = performance,
): Look {
  let lookedAt = -Infinity;
  let first = entries.length;
  let seen: Promise<ReadonlyMap<string, AirtableRecord>> = Promise.resolve(new Map());
  return (batch) => {
    const at = entries.findIndex(({ ordinal }) => ordinal === batch[0]?.ordinal);
    if (at < first || clock.now() - lookedAt > FRESH_MS) {
      // From before the question: what is changed while it is answered is not in the answer.
      [lookedAt, first] = [clock.now(), at];
      seen = readPresent(run, entries.slice(at));
    }
    return seen;
  };
}

/**
 * Does `work` for ten entries at a time, two tens at a time. A failure keeps further ones from being begun and is thrown
 * once nothing is under way any more: what was sent is then settled or known to be unclear. Of two failures the one that
 * does not pass by itself is thrown: a refusal behind a wait would be forgotten, and the edit would go on.
 */
export async function inBatches(
  entries: readonly JournalEntry[],
  work: (batch: readonly JournalEntry[]) => Promise<void>,
): Promise<number> {
  const batches: JournalEntry[][] = [];
  for (let i = 0; i < entries.length; i += MAX_RECORDS_PER_WRITE)
    batches.push(entries.slice(i, i + MAX_RECORDS_PER_WRITE));
  let next = 0;
  const failures: unknown[] = [];
  const lanes = Array.from({ length: IN_FLIGHT }, async () => {
    for (let batch = batches[next++]; batch && !failures.length; batch = batches[next++]) {
      try {
        await work(batch);
      } catch (error) {
        failures.push(error);
      }
    }
  });
  await Promise.all(lanes);
  if (failures.length) throw failures.find((error) => !passes(error)) ?? failures[0];
  return batches.length;
}

/** True where coming again helps, or will when there are more calls. */
function passes(error: unknown): boolean {
  if (!(error instanceof SagatableError)) return false;
  return error.retryable || error.code === 'ambiguous_write' || error.code === 'airtable_quota';
}
