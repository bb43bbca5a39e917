import { readNotCreated } from '../witness/found-creations';
import type { WatchRef } from '../witness/watch-rows';
import type { Tx } from '../database/database';
import { readEdit } from './edit-rows';
import { readClaimed, type JournalEntry } from './journal';
import type { EditRun } from './run';

/** When the records of these entries can have been created first; undefined where nothing was sent. */
export function sentFirst(entries: readonly JournalEntry[]): Date | undefined {
  const times = entries.flatMap(({ firstSentAt, sentAt }) => (firstSentAt ?? sentAt)?.getTime() ?? []);
  return times.length ? new Date(Math.min(...times)) : undefined;
}

/** Records that a journal of the workspace accounts for, and those that the witness says somebody else made. */
export async function readNotOurs(
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
export async function readWatched(tx: Tx, run: EditRun): Promise<WatchRef> {
  const { connection_id: connectionId } = await readEdit(tx, run.editId);
  return { workspaceId: run.workspaceId, connectionId, baseId: run.baseId };
}
