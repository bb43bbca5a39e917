import type { Cells } from '../../contracts/airtable';
import type { FieldsById } from '../edits/cell-comparison';
import { readClaimed } from '../edits/journal';
import { isMarker } from '../edits/marked-creations';
import { matchUp } from '../edits/matching';
import type { Tx } from '../database/database';
import { includesCells, readOwnUsers } from './attribution';
import { findWatch, type WatchRef } from './watch-rows';

/** A record that was to be created by a request without an answer, and without a marker. */
export interface CreateIntent {
  readonly ordinal: number;
  readonly cells: Cells;
}

/** The request that carried them: it left at `sentAt`, for the first time, and wrote to one table. */
export interface UnansweredCreation {
  readonly tableId: string;
  readonly sentAt: Date;
  readonly intents: readonly CreateIntent[];
}

/** A record that Airtable told of, with its cells in the read form. */
export interface FoundRecord {
  readonly id: string;
  readonly createdTime: string;
  readonly fields: Cells;
}

interface Row {
  readonly n: string;
  readonly record_id: string;
  readonly at: Date;
  readonly after: Cells | null;
}

/** Airtable's clock is another than ours, by which it is noted when a change was seen: what was seen before is not ours. */
const CLOCK_SKEW_MS = 120_000;

/**
 * The records that an unanswered request created, by ordinal, where a watched base proves it: one single action since it
 * left, done over the API by our user, made exactly so many records of that table, with those cells, and no journal has
 * claimed any of them. Undefined otherwise, which proves nothing.
 */
export async function findCreated(
  tx: Tx,
  ref: WatchRef,
  fields: FieldsById,
  { tableId, sentAt, intents }: UnansweredCreation,
): Promise<Map<number, FoundRecord> | undefined> {
  const watch = await findWatch(tx, ref);
  if (!watch) return undefined;
  const users = [...(await readOwnUsers(tx, watch.tokenUser))];
  const { rows } = await tx.query<Row & Record<string, unknown>>(
    `SELECT transaction_number AS n, record_id, at, after FROM base_changes
     WHERE workspace_id = $1 AND connection_id = $2 AND base_id = $3 AND kind = 'created' AND table_id = $4
       AND at >= $5 AND seen_at >= $7 AND edit_id IS NULL AND source = 'publicApi' AND actor ->> 'id' = ANY($6)
       AND transaction_number IS NOT NULL ORDER BY seq LIMIT 10000`,
    [
      ref.workspaceId,
      ref.connectionId,
      ref.baseId,
      tableId,
      new Date(sentAt.getTime() - CLOCK_SKEW_MS),
      users,
      sentAt,
    ],
  );
  const claimed = await readClaimed(
    tx,
    rows.map((row) => row.record_id),
  );
  const byAction = new Map<string, Row[]>();
  for (const row of rows) {
    const same = byAction.get(row.n);
    if (same) same.push(row);
    else byAction.set(row.n, [row]);
  }
  const actions = [...byAction.values()].flatMap((made) => {
    if (made.some((row) => claimed.has(row.record_id))) return [];
    // A request without markers makes no record with one.
    if (made.some((row) => Object.values(row.after ?? {}).some(isMarker))) return [];
    return assign(intents, made, fields) ?? [];
  });
  return actions.length === 1 ? actions[0] : undefined;
}

/**
 * Of new records of a watched base, those that a request which left at `sentAt` certainly did not create: somebody else or
 * another way did, or they were seen before it left.
 */
export async function readNotCreated(
  tx: Tx,
  ref: WatchRef,
  sentAt: Date,
  recordIds: readonly string[],
): Promise<Set<string>> {
  const tokenUser = (await findWatch(tx, ref))?.tokenUser ?? null;
  // Who we are there must be certain before somebody else is.
  if (tokenUser === null) return new Set();
  const users = [...(await readOwnUsers(tx, tokenUser))];
  const { rows } = await tx.query<{ id: string }>(
    `SELECT record_id AS id FROM base_changes WHERE workspace_id = $1 AND connection_id = $2 AND base_id = $3
       AND record_id = ANY($4) AND kind = 'created'
       AND (seen_at < $5 OR source <> 'publicApi' OR NOT actor ->> 'id' = ANY($6))`,
    [ref.workspaceId, ref.connectionId, ref.baseId, recordIds, sentAt, users],
  );
  return new Set(rows.map(({ id }) => id));
}

/** Each intent's record; undefined unless that is all of them, and all of the action. */
function assign(
  intents: readonly CreateIntent[],
  made: readonly Row[],
  fields: FieldsById,
): Map<number, FoundRecord> | undefined {
  if (made.length !== intents.length) return undefined;
  const matched = matchUp(intents.length, made.length, (i, m) => {
    const [intent, row] = [intents[i], made[m]];
    return intent !== undefined && row !== undefined && includesCells(fields, row.after ?? {}, intent.cells);
  });
  const found = new Map<number, FoundRecord>();
  for (const [i, { ordinal }] of intents.entries()) {
    const row = made[matched.get(i) ?? -1];
    if (!row) return undefined;
    found.set(ordinal, { id: row.record_id, createdTime: row.at.toISOString(), fields: row.after ?? {} });
  }
  return found;
}
