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

/** Records of which a person said that they are not this edit's: its requests take them no more. */
export async function readDisowned(tx: Tx, editId: string, ids: readonly string[]): Promise<Set<string>> {
  const { rows } = await tx.query<{ id: string }>(
    `SELECT record_id AS id FROM late_records WHERE edit_id = $1 AND record_id = ANY($2) AND state = 'foreign'`,
    [editId, ids],
  );
  return new Set(rows.map(({ id }) => id));
}

/** Records that a journal of the workspace accounts for, or a person called somebody else's, and those that the witness says somebody else made. */
export async function readNotOurs(
  run: EditRun,
  sentAt: Date | undefined,
  ids: readonly string[],
): Promise<[claimed: ReadonlySet<string>, others: ReadonlySet<string>]> {
  if (ids.length === 0) return [new Set(), new Set()];
  return run.db.tenant(run.workspaceId, async (tx) => [
    new Set([...(await readClaimed(tx, ids)), ...(await readDisowned(tx, run.editId, ids))]),
    sentAt ? await readNotCreated(tx, await readWatched(tx, run), sentAt, ids) : new Set<string>(),
  ]);
}

/** What of the witness concerns the edit: its base, through its connection. */
export async function readWatched(tx: Tx, run: EditRun): Promise<WatchRef> {
  const { connection_id: connectionId } = await readEdit(tx, run.editId);
  return { workspaceId: run.workspaceId, connectionId, baseId: run.baseId };
}
