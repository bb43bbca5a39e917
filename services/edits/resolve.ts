import type { AirtableRecord } from '../../contracts/airtable';
import { differingFields, judgeUpdate } from './cell-comparison';
import { readEdit } from './edit-rows';
import { readClaimed, readEntries, type JournalEntry, type Settlement } from './journal';
import { presentCells, readPresent } from './present';
import type { Tx } from '../database/database';
import { findCreated, readNotCreated } from '../witness/found-creations';
import type { WatchRef } from '../witness/watch-rows';
import { followRestoredLinks } from './restored-links';
import { settleBatch, type EditRun } from './run';

/** Clocks of two machines differ; a record created this much before our request may still be ours. */
const CLOCK_SKEW_MS = 120_000;

/**
 * Finds out what became of writes without an answer, batch by batch. Returns how many milliseconds to wait when
 * it is too early to tell, else 0. While applying, what did not land becomes pending again; while undoing, it is
 * done with.
 */
export async function resolveIntended(run: EditRun, phase: 'applying' | 'undoing'): Promise<number> {
  for (;;) {
    const open = await run.db.tenant(run.workspaceId, async (tx) =>
      followRestoredLinks(
        tx,
        run.editId,
        run.fields,
        await readEntries(tx, run.editId, ['intended'], 20, 'forwards'),
      ),
    );
    const first = open[0];
    if (!first) return 0;
    const batch = open.filter((e) => e.batch === first.batch);
    const option = batch.find((e) => e.change.kind === 'createOption');
    const entries = batch.filter((e) => e !== option);
    // An update or a deletion is safe to send again at once; a creation, and whatever is to stay undone, is not.
    const early = phase === 'undoing' || entries.some((e) => e.change.kind === 'create');
    const waitMs = (first.sentAt?.getTime() ?? 0) + run.lateWriteMs - Date.now();
    const witnessed = await lookUpWitnessed(run, entries);
    if (!witnessed && early && waitMs > 0) return waitMs;
    const settlements = witnessed ?? (await lookUp(run, entries, phase));
    if (option) settlements.push({ ordinal: option.ordinal, state: settlements[0]?.state ?? 'skipped' });
    await settleBatch(run, settlements, settlements.filter((s) => s.state !== 'pending').length);
  }
}

/** What of the witness concerns the edit: its base, through its connection. */
async function readWatched(tx: Tx, run: EditRun): Promise<WatchRef> {
  const { connection_id: connectionId } = await readEdit(tx, run.editId);
  return { workspaceId: run.workspaceId, connectionId, baseId: run.baseId };
}

/** Creations that a watched base proves to have landed: there is nothing to wait for. Undefined where it proves nothing. */
async function lookUpWitnessed(
  run: EditRun,
  entries: readonly JournalEntry[],
): Promise<Settlement[] | undefined> {
  const sentAt = entries[0]?.sentAt;
  const intents = entries.flatMap(({ ordinal, change }) =>
    change.kind === 'create' ? [{ ordinal, cells: change.cells }] : [],
  );
  const tableId = entries[0]?.change.tableId ?? '';
  if (!sentAt || intents.length < entries.length) return undefined;
  const found = await run.db.tenant(run.workspaceId, async (tx) =>
    findCreated(tx, await readWatched(tx, run), run.fields, { tableId, sentAt, intents }),
  );
  return (
    found &&
    [...found].map(([ordinal, record]): Settlement => ({
      ordinal,
      state: 'landed',
      recordId: record.id,
      found: presentCells(run, tableId, record),
      reason: 'the answer was lost; the base told that it was created',
    }))
  );
}

async function lookUp(
  run: EditRun,
  entries: readonly JournalEntry[],
  phase: 'applying' | 'undoing',
): Promise<Settlement[]> {
  const notLanded: Pick<Settlement, 'state' | 'reason'> =
    phase === 'applying' ? { state: 'pending' } : { state: 'undone', reason: 'never landed' };
  if (entries[0]?.change.kind === 'create') return lookUpCreations(run, entries, notLanded);
  const now = await readPresent(run, entries);
  return entries.map(({ ordinal, change }): Settlement => {
    if (change.kind === 'delete')
      return now.has(change.recordId) ? { ordinal, ...notLanded } : { ordinal, state: 'landed' };
    if (change.kind !== 'update') return { ordinal, ...notLanded };
    const record = now.get(change.recordId);
    if (!record)
      return phase === 'applying'
        ? { ordinal, ...notLanded }
        : { ordinal, state: 'undo_conflict', reason: 'the record was deleted meanwhile' };
    const verdict = judgeUpdate(run.fields, change, record);
    if (verdict.kind === 'already') return { ordinal, state: 'landed' };
    // Undoing looks at each cell again, so a record of which only some cells are still ours counts as landed.
    if (verdict.kind === 'conflict' && phase === 'undoing') return { ordinal, state: 'landed' };
    return { ordinal, ...notLanded };
  });
}

/** Airtable writes all records of a request or none: the batch is there as a whole, or not at all. */
async function lookUpCreations(
  run: EditRun,
  entries: readonly JournalEntry[],
  notLanded: Pick<Settlement, 'state' | 'reason'>,
): Promise<Settlement[]> {
  const candidates = await readCreatedSince(run, entries);
  const taken = new Set<string>();
  const matches = entries.map((entry) => {
    const same = candidates.filter((r) => !taken.has(r.id) && isCreationOf(run, entry, r));
    const record = same[0];
    if (record) taken.add(record.id);
    return { entry, record };
  });
  const leftOver = candidates.filter((r) => !taken.has(r.id) && entries.some((e) => isCreationOf(run, e, r)));
  const found = matches.filter((m) => m.record).length;
  if (found === 0) return entries.map(({ ordinal }) => ({ ordinal, ...notLanded }));
  if (found < entries.length || leftOver.length > 0) {
    const reason =
      'an unanswered request may have created it: several or only some records match, so none was taken for ours';
    return entries.map(({ ordinal }) => ({ ordinal, state: 'unknown', reason }));
  }
  return matches.map(({ entry, record }): Settlement => {
    if (!record) return { ordinal: entry.ordinal, ...notLanded };
    const reason = 'the answer was lost; found again by reading back';
    return {
      ordinal: entry.ordinal,
      state: 'landed',
      recordId: record.id,
      found: presentCells(run, entry.change.tableId, record),
      reason,
    };
  });
}

function isCreationOf(run: EditRun, entry: JournalEntry, record: AirtableRecord): boolean {
  return (
    entry.change.kind === 'create' && differingFields(run.fields, entry.change.cells, record).length === 0
  );
}

/** Records of the table that came since the request left, that no journal accounts for, and that nobody else is known to have made. */
export async function readCreatedSince(
  run: EditRun,
  entries: readonly JournalEntry[],
): Promise<AirtableRecord[]> {
  const first = entries[0];
  if (!first?.sentAt) return [];
  const since = new Date(first.sentAt.getTime() - CLOCK_SKEW_MS);
  const filterByFormula = `IS_AFTER(CREATED_TIME(), DATETIME_PARSE("${since.toISOString()}"))`;
  const created: AirtableRecord[] = [];
  for await (const page of run.client.listRecords(
    run.baseId,
    first.change.tableId,
    { filterByFormula },
    { signal: run.signal },
  )) {
    created.push(...page.filter((r) => Date.parse(r.createdTime) >= since.getTime()));
  }
  const { sentAt } = first;
  const ids = created.map((r) => r.id);
  const [claimed, others] = await run.db.tenant(run.workspaceId, async (tx) => [
    await readClaimed(tx, ids),
    await readNotCreated(tx, await readWatched(tx, run), sentAt, ids),
  ]);
  return created.filter((r) => !claimed.has(r.id) && !others.has(r.id));
}
