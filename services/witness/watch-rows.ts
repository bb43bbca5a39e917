import { SagatableError } from '../../contracts/errors';
import type { Watch, WatchState } from '../../contracts/witness';
import type { Tx } from '../database/database';
import { adviceFor } from './failures';

/** What a watch is about. */
export interface WatchRef {
  readonly workspaceId: string;
  readonly connectionId: string;
  readonly baseId: string;
}

export interface WatchRow extends WatchRef {
  readonly state: WatchState;
  readonly webhookId: string | null;
  readonly webhooksBefore: string[] | null;
  readonly expiresAt: Date | null;
  readonly refreshedAt: Date | null;
  readonly cursor: number;
  readonly tokenUser: string | null;
  readonly pollSeconds: number;
  readonly since: Date | null;
  readonly polledAt: Date | null;
  readonly failures: number;
  readonly errorCode: string | null;
  readonly errorAt: Date | null;
  readonly createdAt: Date;
}

type StoredRow = Omit<WatchRow, 'cursor'> & { readonly cursor: string };

const COLUMNS = `w.workspace_id AS "workspaceId", w.connection_id AS "connectionId", w.base_id AS "baseId", w.state,
  w.webhook_id AS "webhookId", w.webhooks_before AS "webhooksBefore", w.expires_at AS "expiresAt", w.refreshed_at AS "refreshedAt",
  w.cursor, w.token_user AS "tokenUser", w.poll_seconds AS "pollSeconds", w.since, w.polled_at AS "polledAt",
  w.failures, w.error_code AS "errorCode", w.error_at AS "errorAt", w.created_at AS "createdAt"`;

const toRow = (row: StoredRow): WatchRow => ({ ...row, cursor: Number(row.cursor) });
const refOf = (ref: WatchRef) => [ref.workspaceId, ref.connectionId, ref.baseId];
const IS_REF = 'w.workspace_id = $1 AND w.connection_id = $2 AND w.base_id = $3';

/** Undefined when nobody asked for it. */
export async function findWatch(tx: Tx, ref: WatchRef): Promise<WatchRow | undefined> {
  const { rows } = await tx.query<StoredRow>(
    `SELECT ${COLUMNS} FROM base_watches w WHERE ${IS_REF}`,
    refOf(ref),
  );
  return rows[0] && toRow(rows[0]);
}

/** Watches of a base through any connection of the workspace, oldest first. */
export async function readWatchesOf(tx: Tx, workspaceId: string, baseId: string): Promise<WatchRow[]> {
  const { rows } = await tx.query<StoredRow>(
    `SELECT ${COLUMNS} FROM base_watches w WHERE w.workspace_id = $1 AND w.base_id = $2 ORDER BY w.created_at, w.connection_id`,
    [workspaceId, baseId],
  );
  return rows.map(toRow);
}

/**
 * Webhooks of all other watches of a base, those of other workspaces too; `unclear` while one of them does not know yet
 * which is its own. Runs in a system transaction.
 */
export async function readOtherHooks(
  tx: Tx,
  ref: WatchRef,
): Promise<{ readonly ids: ReadonlySet<string>; readonly unclear: boolean }> {
  const { rows } = await tx.query<{ id: string | null }>(
    `SELECT w.webhook_id AS id FROM base_watches w
     WHERE w.base_id = $3 AND (w.workspace_id, w.connection_id) <> ($1, $2)
       AND (w.webhook_id IS NOT NULL OR w.webhooks_before IS NOT NULL)`,
    refOf(ref),
  );
  const ids = rows.flatMap(({ id }) => id ?? []);
  return { ids: new Set(ids), unclear: ids.length < rows.length };
}

/** Asks for a watch, or for the present one to go on with other settings; a removal that is not done yet is taken back. */
export async function askForWatch(tx: Tx, ref: WatchRef, pollSeconds: number): Promise<WatchRow> {
  const { rows } = await tx.query<StoredRow>(
    `INSERT INTO base_watches AS w (workspace_id, connection_id, base_id, poll_seconds) VALUES ($1, $2, $3, $4)
     ON CONFLICT (workspace_id, connection_id, base_id) DO UPDATE SET poll_seconds = $4, due_at = now(), failures = 0,
       state = CASE WHEN w.state = 'watching' THEN 'watching' ELSE 'starting' END
     RETURNING ${COLUMNS}`,
    [...refOf(ref), pollSeconds],
  );
  const row = rows[0];
  if (!row) throw new Error('the watch was not stored');
  return toRow(row);
}

/** From now on the keeper removes it. False when there is none. */
export async function markForRemoval(tx: Tx, ref: WatchRef): Promise<boolean> {
  const { rowCount } = await tx.query(
    `UPDATE base_watches w SET state = 'removing', due_at = now(), failures = 0, error_code = NULL, error_at = NULL WHERE ${IS_REF}`,
    refOf(ref),
  );
  return rowCount === 1;
}

/** A watch as one process has it for a while. */
export interface Claim {
  readonly row: WatchRow;
  readonly id: string;
}

/** How long (seconds) a process that stopped answering keeps others from a watch: longer than one call of it takes. */
const CLAIM_SECONDS = 90;

/** While it is claimed it is due at no time; who asks for it meanwhile (PUT, DELETE) gives it one. */
const CLAIMED = (id: string, seconds: string) =>
  `claim = ${id}, claimed_until = clock_timestamp() + make_interval(secs => ${seconds}), due_at = 'infinity'`;

/**
 * Takes one watch, due or not; undefined while another process has it or when there is none. Runs in a tenant's transaction.
 */
export async function claimWatch(tx: Tx, ref: WatchRef, claimId: string): Promise<Claim | undefined> {
  const { rows } = await tx.query<StoredRow>(
    `UPDATE base_watches w SET ${CLAIMED('$4', '$5')}
     WHERE ${IS_REF} AND (w.claimed_until IS NULL OR w.claimed_until < clock_timestamp()) RETURNING ${COLUMNS}`,
    [...refOf(ref), claimId, CLAIM_SECONDS],
  );
  return rows[0] && { row: toRow(rows[0]), id: claimId };
}

/** Seconds between polls while an edit of the base runs, and for how long after its end (or decision). */
const FAST_SECONDS = 2;
const FAST_AFTER_SECONDS = 60;

/** One that is paused writes nothing, for days perhaps. */
const EDIT_RUNS = `EXISTS (SELECT 1 FROM edits e WHERE e.workspace_id = w.workspace_id AND e.connection_id = w.connection_id
    AND e.base_id = w.base_id AND e.state IN ('approved', 'applying') AND NOT EXISTS (SELECT 1 FROM operations o
      WHERE o.workspace_id = e.workspace_id AND o.id = e.operation_id AND o.status = 'paused'))`;
const EDITED = `w.fast_until > clock_timestamp() OR ${EDIT_RUNS}
  OR EXISTS (SELECT 1 FROM edits e WHERE e.workspace_id = w.workspace_id AND e.connection_id = w.connection_id
    AND e.base_id = w.base_id AND e.decided_at > now() - make_interval(secs => ${FAST_AFTER_SECONDS}))`;

/**
 * Takes watches that are due, of all workspaces: several processes never get the same one. A base that is being edited is
 * due every two seconds, unless its watch is in trouble. Runs in a system transaction.
 */
export async function claimDue(tx: Tx, claimId: string, limit: number): Promise<Claim[]> {
  const { rows } = await tx.query<StoredRow>(
    `UPDATE base_watches w SET ${CLAIMED('$1', '$3')}
     FROM (SELECT w.workspace_id, w.connection_id, w.base_id FROM base_watches w
       WHERE (w.claimed_until IS NULL OR w.claimed_until < clock_timestamp())
         AND (w.due_at <= clock_timestamp() OR w.claimed_until IS NOT NULL OR (w.state = 'watching' AND w.failures = 0
           AND w.polled_at < clock_timestamp() - make_interval(secs => ${FAST_SECONDS}) AND (${EDITED})))
       ORDER BY w.due_at LIMIT $2 FOR UPDATE SKIP LOCKED) d
     WHERE (w.workspace_id, w.connection_id, w.base_id) = (d.workspace_id, d.connection_id, d.base_id)
     RETURNING ${COLUMNS}`,
    [claimId, limit, CLAIM_SECONDS],
  );
  return rows.map((row) => ({ row: toRow(row), id: claimId }));
}

/** What a claim's holder writes down; what is left out stays. */
export type WatchPatch = Partial<
  Pick<
    WatchRow,
    | 'webhookId'
    | 'webhooksBefore'
    | 'expiresAt'
    | 'refreshedAt'
    | 'cursor'
    | 'tokenUser'
    | 'since'
    | 'polledAt'
  >
> & { readonly state?: Exclude<WatchState, 'removing'> };

const PATCHED: Readonly<Record<keyof WatchPatch, string>> = {
  webhookId: 'webhook_id',
  webhooksBefore: 'webhooks_before',
  expiresAt: 'expires_at',
  refreshedAt: 'refreshed_at',
  cursor: 'cursor',
  tokenUser: 'token_user',
  since: 'since',
  polledAt: 'polled_at',
  state: 'state',
};

/**
 * Writes as the claim's holder, and keeps the claim. Throws Conflict `watch_claim_lost` when another process has taken it
 * over: nothing of the transaction may stay then. A watch that is to be removed stays so, whatever `state` says.
 */
export async function patchWatch(tx: Tx, claim: Claim, patch: WatchPatch): Promise<void> {
  const names = (Object.keys(PATCHED) as (keyof WatchPatch)[]).filter((name) => patch[name] !== undefined);
  const sets = names.map((name, i) => {
    const value = `$${i + 6}`;
    return name === 'state'
      ? `state = CASE WHEN w.state = 'removing' THEN w.state ELSE ${value} END`
      : `${PATCHED[name]} = ${value}`;
  });
  const { rowCount } = await tx.query(
    `UPDATE base_watches w SET ${[...sets, 'claimed_until = clock_timestamp() + make_interval(secs => $5)'].join(', ')}
     WHERE ${IS_REF} AND w.claim = $4`,
    [...refOf(claim.row), claim.id, CLAIM_SECONDS, ...names.map((name) => patch[name])],
  );
  if (rowCount !== 1) {
    throw new SagatableError('Conflict', 'Another process looks after this watch now.', {
      code: 'watch_claim_lost',
      retryable: true,
    });
  }
}

/** How a round ended: when the next is due, and what went wrong. */
export interface RoundEnd {
  /** Milliseconds from now. */
  readonly dueInMs: number;
  readonly state?: Exclude<WatchState, 'removing'>;
  readonly failures: number;
  readonly errorCode: string | null;
}

/** Gives the watch back; whoever asked for it meanwhile gets it done at once. */
export async function releaseWatch(tx: Tx, claim: Claim, end: RoundEnd): Promise<void> {
  await tx.query(
    `UPDATE base_watches w SET claim = NULL, claimed_until = NULL, failures = $5, error_code = $6,
       error_at = CASE WHEN $6::text IS NULL THEN NULL ELSE clock_timestamp() END,
       state = CASE WHEN w.state = 'removing' OR $7::text IS NULL THEN w.state ELSE $7 END,
       due_at = CASE WHEN w.due_at < 'infinity' THEN w.due_at ELSE clock_timestamp() + make_interval(secs => $8) END,
       fast_until = CASE WHEN ${EDIT_RUNS} THEN clock_timestamp() + make_interval(secs => ${FAST_AFTER_SECONDS}) ELSE w.fast_until END
     WHERE ${IS_REF} AND w.claim = $4`,
    [...refOf(claim.row), claim.id, end.failures, end.errorCode, end.state ?? null, end.dueInMs / 1_000],
  );
}

/** Removes the row of a watch whose webhook is gone, unless it was asked for again meanwhile. False then. */
export async function removeWatch(tx: Tx, claim: Claim): Promise<boolean> {
  const { rowCount } = await tx.query(
    `DELETE FROM base_watches w WHERE ${IS_REF} AND w.claim = $4 AND w.state = 'removing'`,
    [...refOf(claim.row), claim.id],
  );
  return rowCount === 1;
}

const SECONDS_IN_30_DAYS = 30 * 86_400;

/** A watch as people and programs see it. */
export function viewWatch(row: WatchRow): Watch {
  return {
    workspaceId: row.workspaceId,
    connectionId: row.connectionId,
    baseId: row.baseId,
    state: row.state,
    pollSeconds: row.pollSeconds,
    callsPerMonth: Math.ceil(SECONDS_IN_30_DAYS / row.pollSeconds) + 30,
    since: row.since?.toISOString() ?? null,
    polledAt: row.polledAt?.toISOString() ?? null,
    expiresAt: row.expiresAt?.toISOString() ?? null,
    error:
      row.errorCode === null
        ? null
        : {
            code: row.errorCode,
            message: adviceFor(row.errorCode),
            at: (row.errorAt ?? row.createdAt).toISOString(),
          },
  };
}
