import type { Tx } from '../database/database';
import { sentFirst } from './creation-claims';
import { readOpenCreations, readOrdinals, type JournalEntry } from './journal';
import { createsRecords, readLost } from './late-requests';
import { followRestoredLinks } from './restored-links';
import type { EditRun } from './run';

/** What one request was to create, and since when (ms of the epoch) it can be there; Infinity: it was found already. */
interface CreatingRequest {
  readonly entries: readonly JournalEntry[];
  readonly since: number;
}

/**
 * Requests of the edit, besides the one that is asked about, that create records of the table without markers and may have
 * landed, or may land late: those without a known end, and those that were given up or sent again. Airtable carries out each
 * once, so what was found late is set off against as many of them as carried the same.
 */
export function readOtherCreations(
  run: EditRun,
  tableId: string,
  asked: { readonly entries: readonly JournalEntry[]; readonly batch: string | null },
): Promise<{ readonly requests: readonly CreatingRequest[]; readonly askedIsSpent: boolean }> {
  return run.db.tenant(run.workspaceId, async (tx) => {
    const follow = (entries: readonly JournalEntry[]) =>
      followRestoredLinks(tx, run.editId, run.fields, entries);
    const own = new Set(asked.entries.map(({ ordinal }) => ordinal));
    const open = await follow(await readOpenCreations(tx, run.editId, tableId));
    const requests: CreatingRequest[] = byBatch(open.filter(({ ordinal }) => !own.has(ordinal))).map(
      (entries) => ({ entries, since: sentFirst(entries)?.getTime() ?? 0 }),
    );
    const lost = (await readLost(tx, run.editId)).filter(
      (request) => request.tableId === tableId && createsRecords(request),
    );
    const found = await countFoundLate(tx, run.editId);
    const told = new Set([asked.batch, ...open.map(({ batch }) => batch)]);
    let askedIsSpent = false;
    for (const { batch, ordinals, sentAt } of lost) {
      const carried = (await readOrdinals(tx, run.editId, ordinals)).filter(
        ({ change }) => change.kind !== 'createOption',
      );
      const first = carried[0]?.ordinal ?? -1;
      const spent = (found.get(first) ?? 0) > 0;
      if (spent) found.set(first, (found.get(first) ?? 0) - 1);
      if (batch === asked.batch) askedIsSpent = spent;
      if (told.has(batch)) continue;
      if (carried.some(({ markerField }) => markerField !== null)) continue;
      requests.push({ entries: await follow(carried), since: spent ? Infinity : sentAt.getTime() });
    }
    return { requests, askedIsSpent };
  });
}

function byBatch(entries: readonly JournalEntry[]): JournalEntry[][] {
  const batches = new Map<string | null, JournalEntry[]>();
  for (const entry of entries) batches.set(entry.batch, [...(batches.get(entry.batch) ?? []), entry]);
  return [...batches.values()];
}

/** How many records each change is known to have made late, by ordinal. */
async function countFoundLate(tx: Tx, editId: string): Promise<Map<number, number>> {
  const { rows } = await tx.query<{ ordinal: number; n: number }>(
    `SELECT ordinal, count(*)::int AS n FROM late_records
     WHERE edit_id = $1 AND state NOT IN ('unclear', 'foreign') AND evidence IN ('read_back', 'witness') GROUP BY ordinal`,
    [editId],
  );
  return new Map(rows.map(({ ordinal, n }) => [ordinal, n]));
}
