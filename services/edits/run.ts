import { SagatableError } from '../../contracts/errors';
import type { BaseSchema } from '../../contracts/airtable';
import type { ConflictPolicy } from '../../contracts/edits';
import type { AirtableClient, CallOptions } from '../airtable/client';
import { pause } from '../airtable/time-limit';
import type { ChangeTrail } from '../audit/change-trail';
import type { Database, Tx } from '../database/database';
import type { Operations } from '../operations/operations';
import type { FieldsById } from './cell-comparison';
import type { KeptFiles } from './kept-files';
import { holdLease, lastsLong, type Lease } from './leases';
import { settle, type Settlement } from './journal';
import type { Preview } from './preview';

/** Everything one chunk of an edit works with. */
export interface EditRun {
  readonly db: Database;
  readonly operations: Operations;
  readonly trail: ChangeTrail;
  readonly client: AirtableClient;
  readonly lease: Lease;
  readonly workspaceId: string;
  readonly editId: string;
  readonly operationId: string;
  readonly baseId: string;
  readonly fields: FieldsById;
  readonly tables: Preview['tables'];
  /** The schema as it was when the chunk first asked for it, for which fields are links and what they are called. */
  readonly readSchema: () => Promise<BaseSchema>;
  /** The field of each table in which new records carry their markers, by table id. */
  readonly markers: ReadonlyMap<string, string>;
  /** The files of records that are deleted, and of those that return. */
  readonly kept: KeptFiles;
  /** Whether comments of records that return are posted again. */
  readonly repostComments: boolean;
  readonly policy: ConflictPolicy;
  /** How long an unanswered write may still land before it is looked for again. */
  readonly lateWriteMs: number;
  /** How long after the last unanswered write the base is looked through once more. */
  readonly settleSeconds: number;
  readonly signal: AbortSignal;
  /** Ordinals that this run keeps to; all where it is absent. */
  readonly only?: readonly number[];
  readonly progress: { done: number; readonly total: number; readonly message: string };
}

/** Long enough to finish what was begun, short enough to hand over the base to others. */
export interface ChunkLimits {
  readonly batches: number;
  readonly milliseconds: number;
}

/**
 * `wait`: nothing can be done before `waitMs` have passed. `quota`: Airtable's monthly calls are spent. `ask`: nothing but
 * `conflicts` is left, for which a decision is waited for as long as `waitMs`.
 */
export interface ChunkResult {
  readonly state: 'more' | 'done' | 'wait' | 'quota' | 'ask';
  readonly conflicts?: number;
  /** Requests without an answer that may still land; given with `done` where there are some. */
  readonly unanswered?: number;
  readonly waitMs: number;
  readonly done: number;
  readonly total: number;
}

/** What one look at the journal came to: so many batches were handled, nothing is left, or it is too early for so many ms. */
export type JournalLook = 'nothing left' | { readonly handled: number } | { readonly waitMs: number };

/** How soon to try again after a limit that does not say when it ends. */
const LIMIT_POLL_MS = 5_000;
/** How soon to look for a write that nobody can tell of; how long it may still land is for the look to say. */
const LOOK_AGAIN_MS = 1_000;
/**
 * How long (ms) after it was decided on a write may still leave, whether for its turn or as a repeat: later, somebody may
 * have changed what it goes by. Longer than the slowest share of a base puts two turns apart, or nothing would ever leave.
 */
const SEND_WITHIN_MS = 8_000;

/** Looks again and again until nothing is left, the chunk is over, or somebody has to wait or to buy more calls. */
export async function runChunk(
  run: EditRun,
  limits: ChunkLimits,
  look: () => Promise<JournalLook>,
): Promise<ChunkResult> {
  const until = Date.now() + limits.milliseconds;
  const at = (state: ChunkResult['state'], waitMs = 0): ChunkResult => ({
    state,
    waitMs,
    done: run.progress.done,
    total: run.progress.total,
  });
  for (let n = 0; n < limits.batches && Date.now() < until;) {
    run.signal.throwIfAborted();
    try {
      const outcome = await look();
      if (outcome === 'nothing left') return at('done');
      if ('waitMs' in outcome) return at('wait', outcome.waitMs);
      n += outcome.handled;
    } catch (error) {
      if (!(error instanceof SagatableError)) throw error;
      if (error.code === 'airtable_quota') return at('quota');
      if (error.code === LOOK_TOO_OLD) continue;
      if (isDelay(error)) await noteDelay(run, error);
      // The journal says that it was sent: the next look finds out what became of it.
      if (error.code === 'ambiguous_write') return at('wait', LOOK_AGAIN_MS);
      if (error.kind !== 'LimitReached') throw error;
      // Waiting is the workflow's: an activity that waits for a limit would hold a worker's slot.
      return at('wait', error.retryAfterMs ?? LIMIT_POLL_MS);
    }
  }
  return at('more');
}

/** True for what passes by itself; a conflict is another attempt's, whose progress this one must not write. */
const isDelay = (error: SagatableError) =>
  error.kind !== 'Conflict' && (error.retryable || error.code === 'ambiguous_write');

/** Shows people why nothing moves for a while. */
async function noteDelay({ db, operations, ...run }: EditRun, delay: SagatableError): Promise<void> {
  const { done, total, message } = run.progress;
  const progress = { done, total, unit: 'changes', message: `${message}. Waiting: ${delay.message}` };
  await db.tenant(run.workspaceId, (tx) => operations.setProgress(tx, run.operationId, progress));
}

/** Settles a batch and moves the operation's progress, in one transaction under the lease, with what else belongs to it. */
export async function settleBatch(
  run: EditRun,
  settlements: readonly Settlement[],
  counted = settlements.length,
  alongside?: (tx: Tx) => Promise<void>,
): Promise<void> {
  if (settlements.length === 0 && !alongside) return;
  run.progress.done += counted;
  await run.db.tenant(run.workspaceId, async (tx) => {
    const settled = await settle(tx, run.lease, run.editId, settlements);
    await run.trail.note(tx, run, settled);
    await alongside?.(tx);
    // Only now: batches that settle at the same time must not set it back.
    const { done, total, message } = run.progress;
    await run.operations.setProgress(tx, run.operationId, { done, total, unit: 'changes', message });
  });
}

/** How a write ended: `refused` and `unsent` prove that nothing landed, `unclear` proves nothing. */
export type WriteEnd<T> =
  | {
      readonly end: 'landed';
      readonly answer: T;
      /** An earlier request of the same call got no answer: it may still land. */
      readonly repeated?: true;
    }
  | { readonly end: 'refused' | 'unsent' | 'unclear'; readonly error: unknown };

const LOOK_TOO_OLD = 'look_too_old';

/**
 * Sends one write. The lease is proved in the last moment before the bytes leave, and so is that the decision is not too
 * old. A turn that comes soon enough is waited for here: given up, it would cost another look, which takes a turn itself.
 */
export async function sendWrite<T>(
  run: Pick<EditRun, 'db' | 'lease' | 'workspaceId' | 'signal'>,
  write: (options: { signal: AbortSignal; beforeSend: NonNullable<CallOptions['beforeSend']> }) => Promise<T>,
  clock: { now(): number } = performance,
): Promise<WriteEnd<T>> {
  const leavesBy = clock.now() + SEND_WITHIN_MS;
  let sent = false;
  let repeated = false as boolean;
  const beforeSend: NonNullable<CallOptions['beforeSend']> = async ({ mayHaveLanded }) => {
    await holdNow(run, clock);
    run.signal.throwIfAborted();
    if (clock.now() > leavesBy) throw lookTooOld(mayHaveLanded);
    repeated ||= mayHaveLanded;
    sent = true;
  };
  for (;;) {
    try {
      const answer = await write({ signal: run.signal, beforeSend });
      return { end: 'landed', answer, ...(repeated && { repeated: true }) };
    } catch (error) {
      if (sent && provesNothingLanded(error)) return { end: 'refused', error };
      if (sent) return { end: 'unclear', error: isRefusal(error) ? refusedAfterLost(error) : error };
      const waitMs = turnIn(error);
      if (waitMs === undefined || clock.now() + waitMs > leavesBy) return { end: 'unsent', error };
      const cancelled = await pause(waitMs, run.signal).then(
        () => undefined,
        (reason: unknown) => ({ end: 'unsent', error: reason }) as const,
      );
      if (cancelled) return cancelled;
    }
  }
}

/** A proof of the lease that took longer than this (ms) tells of a past in which this process may have been stopped. */
const FRESH_PROOF_MS = 2_000;

/**
 * Proves the lease, again where the proof itself took long: a process that was stopped after the database had answered holds
 * an answer from before it was stopped.
 */
async function holdNow(
  run: Pick<EditRun, 'db' | 'lease' | 'workspaceId' | 'signal'>,
  clock: { now(): number },
): Promise<void> {
  for (let asked = -Infinity; clock.now() - asked > FRESH_PROOF_MS;) {
    run.signal.throwIfAborted();
    asked = clock.now();
    // Without a lock: other batches of the edit settle meanwhile, under the same lease.
    if (await run.db.tenant(run.workspaceId, (tx) => lastsLong(tx, run.lease), { readOnly: true })) continue;
    // What this commits is only that the lease lasts longer: it is no less ours if a power cut takes that back.
    await run.db.tenant(run.workspaceId, (tx) => holdLease(tx, run.lease), { durable: false });
  }
}

/** How soon (ms) a write that was turned away has its turn. */
function turnIn(error: unknown): number | undefined {
  return error instanceof SagatableError && error.code === 'rate_wait' ? error.retryAfterMs : undefined;
}

function lookTooOld(mayHaveLanded: boolean): SagatableError {
  return new SagatableError(
    'Unavailable',
    'The records were looked at too long ago to be written now: they are looked at again.',
    { code: LOOK_TOO_OLD, details: { mayHaveLanded } },
  );
}

/**
 * A request got no answer and its repetition was refused, as a deletion is once it has landed: that says nothing of what is
 * there, and whoever sent it has to look again instead of giving up.
 */
function refusedAfterLost(cause: unknown): SagatableError {
  return new SagatableError(
    'Unavailable',
    'A write got no answer and was refused when it was sent again: what is there is looked at anew.',
    { code: 'refused_after_lost', cause, details: { mayHaveLanded: true } },
  );
}

/** The gateway says of each failed write whether it can have reached the base; anything else proves nothing. */
function provesNothingLanded(error: unknown): boolean {
  return error instanceof SagatableError && error.details['mayHaveLanded'] === false;
}

/** True for refusals that the request itself causes: the same request will be refused again. */
export function isRefusal(error: unknown): boolean {
  return error instanceof SagatableError && ['InvalidInput', 'Forbidden', 'NotFound'].includes(error.kind);
}
