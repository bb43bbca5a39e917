import { SagatableError } from '../../contracts/errors';
import type { AirtableClient } from '../airtable/client';
import type { AirtableGateway } from '../airtable/gateway';
import type { Config } from '../config';
import type { Database } from '../database/database';
import { acquireLease, holdLease, releaseLease, type Lease } from '../edits/leases';
import type { Engine } from '../engine/engine';
import type { Files } from '../files/files';
import { createGuardedFetch } from '../files/guarded-fetch';
import type { Liveness } from '../liveness';
import type { Operations } from '../operations/operations';
import { assertNotBuried } from '../operations/steps';
import type { Connections } from '../workspaces/connections';
import { readHosted } from './copied-bases';
import { readCopy } from './copy-rows';
import { doNextPiece } from './pieces';
import { COPY_STEP, progressOf, type CopyRun } from './run';

/** What copies need. */
export interface CopyDependencies {
  readonly db: Database;
  readonly gateway: AirtableGateway;
  readonly connections: Connections;
  readonly operations: Operations;
  readonly engine: Engine;
  readonly files: Files;
  readonly config: Pick<Config, 'fetchHosts'>;
}

/** A copy and the operation that works on it. */
export interface CopyRef {
  readonly workspaceId: string;
  readonly copyId: string;
  readonly operationId: string;
}

/** `wait`: nothing can be done before `waitMs` have passed. `quota`: the source's monthly calls are spent. */
export interface CopyChunk {
  readonly state: 'more' | 'done' | 'wait' | 'quota';
  readonly waitMs: number;
  /** Tables done, of all. */
  readonly done: number;
  readonly total: number;
}

/** A chunk ends after so much (20 pages, or 100 smaller things) or so long: a pause and other writers of the base come between. */
const CHUNK_WEIGHT = 100;
const CHUNK_MILLISECONDS = 30_000;
/** How often the base is held on to while a source lets us wait: a lease that nobody holds on to ends after 30 s. */
const HOLD_MS = 10_000;
/** How soon to ask again for a base that an edit holds. */
const LEASE_POLL_MS = 5_000;
const AIRTABLE = 'api.airtable.com';

/** Copies some pages, from where the copy stands. Throws what a retry or the caller has to see to. */
export function copySome(dependencies: CopyDependencies, ref: CopyRef, live: Liveness): Promise<CopyChunk> {
  return underLease(dependencies, ref, live, 'copying', (run) => runPieces(run, doNextPiece));
}

/** Runs one chunk under the base's lease; asks the caller to wait while an edit has it. */
export async function underLease(
  dependencies: CopyDependencies,
  ref: CopyRef,
  live: Liveness,
  direction: CopyRun['direction'],
  work: (run: CopyRun) => Promise<CopyChunk>,
): Promise<CopyChunk> {
  const { db, engine, operations, files, config } = dependencies;
  const { workspaceId } = ref;
  const { copy, hosted } = await db.tenant(workspaceId, async (tx) => {
    if (direction === 'copying') await assertNotBuried(tx, ref.operationId, COPY_STEP);
    const row = await readCopy(tx, ref.copyId);
    return { copy: row, hosted: await readHosted(tx, workspaceId, row.base_id) };
  });
  const lease = await acquireLease(db, workspaceId, copy.base_id, copy.id);
  if (!lease)
    return {
      state: 'wait',
      waitMs: LEASE_POLL_MS,
      done: copy.position.done.length,
      total: hosted?.length ?? 0,
    };
  let client: Promise<AirtableClient> | undefined;
  const letGo = keepHolding(db, lease);
  try {
    const host = new URL(copy.source_url).host;
    return await work({
      db,
      engine,
      operations,
      files,
      // A source that the operator allows may serve its attachments itself; everybody else's have to be public.
      fetch: createGuardedFetch({
        fetchHosts: host === AIRTABLE ? config.fetchHosts : [...config.fetchHosts, host],
      }),
      client: () => (client ??= dependencies.gateway.open({ workspaceId, id: copy.connection_id }, 'bulk')),
      lease,
      signal: live.signal,
      ...ref,
      baseId: copy.base_id,
      actor: copy.requested_by,
      direction,
      hosted,
      state: { position: copy.position, counts: copy.counts },
    });
  } finally {
    await letGo();
    await releaseLease(db, lease);
  }
}

/** Holds on to the base by the clock; returns what ends that. That it was lost shows when something is written. */
function keepHolding(db: Database, lease: Lease): () => Promise<void> {
  let last: Promise<void> = Promise.resolve();
  const timer = setInterval(() => {
    last = db.tenant(lease.workspaceId, (tx) => holdLease(tx, lease)).catch(() => undefined);
  }, HOLD_MS);
  return () => {
    clearInterval(timer);
    return last;
  };
}

/**
 * Does one piece of work after the other, each of which returns its weight, until there is none, the chunk is over, or somebody has to wait or to buy more
 * calls. What was done is kept, whatever comes after.
 */
export async function runPieces(
  run: CopyRun,
  doPiece: (run: CopyRun) => Promise<number>,
): Promise<CopyChunk> {
  const until = Date.now() + CHUNK_MILLISECONDS;
  const at = (state: CopyChunk['state'], waitMs = 0): CopyChunk => {
    const { done, total } = progressOf(run);
    return { state, waitMs, done, total };
  };
  for (let weight = 0; weight < CHUNK_WEIGHT && Date.now() < until;) {
    run.signal.throwIfAborted();
    try {
      const done = await doPiece(run);
      if (done === 0) return at('done');
      weight += done;
    } catch (error) {
      if (!(error instanceof SagatableError)) throw error;
      if (error.code === 'airtable_quota') return at('quota');
      // A conflict is another attempt's, whose progress this one must not write.
      if (error.retryable && error.kind !== 'Conflict') await noteDelay(run, error);
      if (error.kind !== 'LimitReached') throw error;
      return at('wait', error.retryAfterMs ?? LEASE_POLL_MS);
    }
  }
  return at('more');
}

/** Shows people why nothing moves for a while. */
async function noteDelay(run: CopyRun, delay: SagatableError): Promise<void> {
  const { message, ...progress } = progressOf(run);
  const told = { ...progress, message: `${message}. Waiting: ${delay.message}` };
  await run.db.tenant(run.workspaceId, (tx) => run.operations.setProgress(tx, run.operationId, told));
}
