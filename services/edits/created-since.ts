import type { AirtableRecord, Cells } from '../../contracts/airtable';
import { canonicalJson } from './canonical';
import { differingFields } from './cell-comparison';
import { readNotOurs, sentFirst } from './creation-claims';
import type { CreationFate } from './creation-search';
import { explain } from './explanations';
import type { JournalEntry } from './journal';
import { isMarker } from './marked-creations';
import { readOtherCreations } from './other-creations';
import { CLOCK_SKEW_MS, readOthersClaims } from './rival-creations';
import type { EditRun } from './run';

/**
 * Airtable gives the second in which a record was made, and clocks that are kept right differ by less than that: a record that
 * is older than a request by more (ms) was there before it. One that might be is held against nobody and taken by nobody.
 */
const CLOCK_TRUST_MS = 3_000;

/** A record that a request was to create, and since when (ms of the epoch) it can be there; never, where it was found already. */
interface Wanted {
  readonly cells: Cells;
  readonly since: number;
}

/**
 * Looks for what a request without markers created by reading back what came since: all of it, or nothing is taken. Other
 * requests of the edit that may have landed, or may land late, explain what is theirs.
 */
export async function searchCreatedSince(
  run: EditRun,
  asked: { readonly entries: readonly JournalEntry[]; readonly batch: string | null },
  cellsOf: (entry: JournalEntry) => Cells,
): Promise<Map<number, CreationFate>> {
  const { entries } = asked;
  const tableId = entries[0]?.change.tableId ?? '';
  const others = await readOtherCreations(run, tableId, asked);
  const wantedBy = (of: readonly JournalEntry[], since: number): Wanted[] =>
    of.map((entry) => ({ cells: cellsOf(entry), since }));
  const own = others.askedIsSpent ? Infinity : (sentFirst(entries)?.getTime() ?? 0);
  const wanted = wantedBy(entries, own);
  const requests = [wanted, ...others.requests.map((other) => wantedBy(other.entries, other.since))];
  const mayFit = ({ cells }: Wanted, record: AirtableRecord) =>
    differingFields(run.fields, cells, record).length === 0;
  const alike = (await readCreatedSince(run, entries)).filter((r) =>
    requests.some((request) => request.some((w) => mayFit(w, r))),
  );
  const { made, contested } = await readOthersClaims(run, tableId, alike);
  const candidates = alike.filter(({ id }) => !made.has(id));
  const told = explain({
    requests,
    candidates,
    mayFit,
    fits: (w, r) =>
      !contested.has(r.id) && Date.parse(r.createdTime) >= w.since - CLOCK_TRUST_MS && mayFit(w, r),
    same: (a, b) => canonicalJson(a.cells) === canonicalJson(b.cells),
  });
  if (told === 'absent') return new Map(entries.map(({ ordinal }) => [ordinal, { fate: 'absent' }]));
  const records = candidates.filter((r) => wanted.some((w) => mayFit(w, r))).map(({ id }) => id);
  const reason =
    'an unanswered request may have created it: several or only some records match, or they can be somebody else’s, so none was taken for ours';
  return new Map(
    entries.map(({ ordinal }, i): [number, CreationFate] => {
      const record = told === 'unclear' ? undefined : told[i];
      if (!record) return [ordinal, { fate: 'unclear', records, reason }];
      const cells = wanted[i]?.cells ?? {};
      const how = 'the answer was lost; found again by reading back';
      return [ordinal, { fate: 'found', record, evidence: 'read_back', cells, surplus: [], reason: how }];
    }),
  );
}

/**
 * Records of the table that came since the request first left, that no journal accounts for, that nobody else is known to
 * have made, and that carry no marker: a request without markers makes none with one.
 */
async function readCreatedSince(run: EditRun, entries: readonly JournalEntry[]): Promise<AirtableRecord[]> {
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
