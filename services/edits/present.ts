import type { AirtableRecord, Cells } from '../../contracts/airtable';
import type { AirtableClient } from '../airtable/client';
import { restorable } from './draft';
import type { JournalEntry } from './journal';
import { readRecords } from './read-records';
import type { EditRun } from './run';

/** Where records are read. */
export interface PresentSource extends Pick<EditRun, 'baseId' | 'signal'> {
  readonly client: Pick<AirtableClient, 'listRecords'>;
}

/** What of a record an undo could write again. */
export function presentCells(run: Pick<EditRun, 'tables'>, tableId: string, record: AirtableRecord): Cells {
  const table = run.tables.find((t) => t.id === tableId);
  return table ? restorable({ ...table, views: [] }, record) : {};
}

/** The records that entries name, as they are now, by id. */
export async function readPresent(
  run: PresentSource,
  entries: readonly JournalEntry[],
): Promise<Map<string, AirtableRecord>> {
  const ids = entries.flatMap((e) => (e.recordId === null ? [] : [e.recordId]));
  const tableId = entries[0]?.change.tableId;
  const present = new Map<string, AirtableRecord>();
  if (ids.length === 0 || tableId === undefined) return present;
  // How many comments go with them is part of what a deletion takes away.
  const deleting = entries[0]?.change.kind === 'delete';
  for await (const record of readRecords(run.client, run.baseId, tableId, ids, run.signal, deleting))
    present.set(record.id, record);
  return present;
}

/** A record that went away between check and write makes the whole request fail: that is a conflict of one, found out on the next look. */
export async function someVanished(run: EditRun, entries: readonly JournalEntry[]): Promise<boolean> {
  const named = entries.filter((e) => e.recordId !== null);
  return named.length > 0 && (await readPresent(run, named)).size < named.length;
}
