import { randomUUID } from 'node:crypto';
import { SagatableError } from '../../contracts/errors';
import type { BaseChange, BaseChangePage, Watch } from '../../contracts/witness';
import type { AirtableGateway } from '../airtable/gateway';
import type { Lane } from '../airtable/limits';
import type { ChangeTrail } from '../audit/change-trail';
import type { Database } from '../database/database';
import type { Connections } from '../workspaces/connections';
import { pruneChanges, readChanges, readGaps, viewChange, type ChangeQuery } from './change-rows';
import { endOfFailure } from './failures';
import { MAX_PAGES, pollWatch } from './poll';
import {
  askForWatch,
  claimDue,
  claimWatch,
  findWatch,
  markForRemoval,
  readWatchesOf,
  releaseWatch,
  removeWatch,
  viewWatch,
  type Claim,
  type WatchRef,
} from './watch-rows';
import { deleteOwnWebhook } from './webhook';

interface WitnessOptions {
  readonly db: Database;
  readonly gateway: Pick<AirtableGateway, 'open'>;
  readonly connections: Pick<Connections, 'get'>;
  readonly trail: ChangeTrail;
  /** Told of a base in which somebody else changed something, or may have: what is remembered of it is old. */
  readonly onForeignChange?: (ref: WatchRef) => Promise<void>;
  /** Hears of failures of work that nobody waits for. */
  readonly report?: (error: unknown) => void;
  readonly maxPages?: number;
}

/** How long (ms) a person waits for what can be finished later as well. */
const AT_ONCE_MS = 15_000;
const FOLLOW_EVERY_MS = 1_000;
const FOLLOW_PAGE = 200;

/** Watches bases by webhooks of their own and keeps what those tell. Its silence proves nothing: their delay is unknown. */
export function createWitness(options: WitnessOptions) {
  const { db, gateway, connections } = options;
  const report = options.report ?? (() => undefined);
  const polling = {
    db,
    trail: options.trail,
    maxPages: options.maxPages ?? MAX_PAGES,
    onForeignChange: async (ref: WatchRef) => {
      await options.onForeignChange?.(ref).catch(report);
    },
  };

  /** Undefined when the watch is gone. */
  const viewOf = (ref: WatchRef): Promise<Watch | undefined> =>
    db.tenant(ref.workspaceId, async (tx) => {
      const row = await findWatch(tx, ref);
      return row && viewWatch(row);
    });

  /** What is to be done for a watch now, and when next. Returns the failure, which the row has too. */
  async function round(
    claim: Claim,
    lane: Lane,
    signal?: AbortSignal,
    deadlineMs?: number,
  ): Promise<unknown> {
    const { workspaceId, connectionId, pollSeconds, failures } = claim.row;
    const calls = { signal, deadlineMs };
    try {
      const client = await gateway.open({ workspaceId, id: connectionId }, lane);
      if (claim.row.state === 'removing') {
        await deleteOwnWebhook(db, client, claim, calls);
        if (await db.tenant(workspaceId, (tx) => removeWatch(tx, claim))) return undefined;
        // Asked for again meanwhile: its webhook is gone, and the next round makes another.
        return await release({ dueInMs: 0, failures: 0, errorCode: null });
      }
      const { more } = await pollWatch(polling, client, claim, calls);
      return await release({ dueInMs: more ? 0 : pollSeconds * 1_000, failures: 0, errorCode: null });
    } catch (error) {
      // A process that stops leaves the round to another.
      if (signal?.aborted) return await release({ dueInMs: 0, failures, errorCode: null });
      if (!(error instanceof SagatableError)) report(error);
      await release(endOfFailure(error, failures, pollSeconds * 1_000));
      return error;
    }

    async function release(end: Parameters<typeof releaseWatch>[2]): Promise<undefined> {
      await db.tenant(workspaceId, (tx) => releaseWatch(tx, claim, end));
    }
  }

  const claim = (ref: WatchRef) => db.tenant(ref.workspaceId, (tx) => claimWatch(tx, ref, randomUUID()));

  /** Deletes the webhook and the watch at once where that works; else the keeper does. Null when it is done. Throws NotFound. */
  async function unwatch(ref: WatchRef): Promise<Watch | null> {
    if (!(await db.tenant(ref.workspaceId, (tx) => markForRemoval(tx, ref)))) throw notWatched();
    const claimed = await claim(ref);
    if (claimed) await round(claimed, 'interactive', undefined, AT_ONCE_MS);
    return (await viewOf(ref)) ?? null;
  }

  async function changes(query: WatchRef & ChangeQuery): Promise<BaseChangePage> {
    return db.tenant(query.workspaceId, async (tx) => {
      // Before the changes: what is read until then is in them.
      const row = await findWatch(tx, query);
      const found = await readChanges(tx, query, query);
      const last = found.length === query.limit ? found.at(-1) : undefined;
      return {
        changes: found.map(viewChange),
        nextCursor: last ? String(last.seq) : null,
        watched: row?.state === 'watching',
        upTo: row?.polledAt?.toISOString() ?? null,
        gaps: await readGaps(tx, query),
      };
    });
  }

  return {
    /**
     * Watches a base from now on, or changes how often it is polled. The webhook is made before the answer where that
     * works; where the outcome is not clear, or the source is away, the keeper goes on (`starting`). Throws NotFound,
     * Forbidden and Conflict `webhooks_full` with what to do; nothing is kept of a watch that was refused from the start.
     */
    async watch(ref: WatchRef, pollSeconds: number): Promise<Watch> {
      await connections.get(ref.workspaceId, ref.connectionId);
      const before = await db.tenant(ref.workspaceId, async (tx) => {
        const row = await findWatch(tx, ref);
        await askForWatch(tx, ref, pollSeconds);
        return row;
      });
      const claimed = await claim(ref);
      const failure = claimed && (await round(claimed, 'interactive', undefined, AT_ONCE_MS));
      const view = await viewOf(ref);
      if (!view) throw notWatched();
      if (!(failure instanceof SagatableError) || view.state !== 'broken') return view;
      if (!before) await unwatch(ref).catch(report);
      throw failure;
    },

    unwatch,

    /** Throws NotFound when nobody asked for it. */
    async get(ref: WatchRef): Promise<Watch> {
      const view = await viewOf(ref);
      if (!view) throw notWatched();
      return view;
    },

    /** Ends all watches of a connection that is to be removed; webhooks that cannot be deleted now end by themselves. */
    async unwatchConnection(workspaceId: string, connectionId: string): Promise<void> {
      const { rows } = await db.tenant(workspaceId, (tx) =>
        tx.query<{ base_id: string }>('SELECT base_id FROM base_watches WHERE connection_id = $1', [
          connectionId,
        ]),
      );
      for (const { base_id: baseId } of rows)
        await unwatch({ workspaceId, connectionId, baseId }).catch(report);
    },

    /** The connection through which a base is watched, or was asked to be. Throws NotFound, and InvalidInput where there are several. */
    async connectionFor(workspaceId: string, baseId: string): Promise<string> {
      const [first, second] = await db.tenant(workspaceId, (tx) => readWatchesOf(tx, workspaceId, baseId));
      if (!first) throw notWatched();
      if (!second) return first.connectionId;
      throw new SagatableError(
        'InvalidInput',
        'This base is watched through several connections: say which one with connectionId.',
        { code: 'connection_needed' },
      );
    },

    /** One page of who changed what, in the order in which Airtable told it. */
    changes,

    /** The same as it comes, page by page, until `signal` ends it. */
    async *follow(
      query: WatchRef & Pick<ChangeQuery, 'after' | 'recordIds'>,
      signal: AbortSignal,
      everyMs = FOLLOW_EVERY_MS,
    ): AsyncGenerator<BaseChange[], void, undefined> {
      for (let after = query.after ?? 0; !signal.aborted;) {
        const page = await changes({ ...query, after, limit: FOLLOW_PAGE });
        const last = page.changes.at(-1);
        if (last) {
          after = last.seq;
          yield page.changes;
        } else await rest(everyMs, signal);
      }
    },

    /** Takes watches that are due, as many as that at most: no other process has them until `keep` ends. */
    claimDue: (limit: number): Promise<Claim[]> => db.system((tx) => claimDue(tx, randomUUID(), limit)),

    /** One round for a claimed watch. What went wrong is in its row, and is returned. */
    keep: (claimed: Claim, signal?: AbortSignal): Promise<unknown> => round(claimed, 'bulk', signal),

    /** Removes changes older than 30 days; gives how many. */
    async prune(): Promise<number> {
      let total = 0;
      for (;;) {
        const removed = await db.system((tx) => pruneChanges(tx));
        if (removed === 0) return total;
        total += removed;
      }
    },
  };
}

export type Witness = ReturnType<typeof createWitness>;

const notWatched = () => new SagatableError('NotFound', 'Nobody watches this base.', { code: 'not_watched' });

/** Ends early, and without an error, when the signal does. */
function rest(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(done, ms);
    function done(): void {
      clearTimeout(timer);
      signal.removeEventListener('abort', done);
      resolve();
    }
    signal.addEventListener('abort', done);
  });
}
