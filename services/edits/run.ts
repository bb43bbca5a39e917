import { SagatableError } from '../../contracts/errors';
import type { ConflictPolicy } from '../../contracts/edits';
import type { AirtableClient } from '../airtable/client';
import type { Database } from '../database/database';
import type { Operations } from '../operations/operations';
import type { FieldsById } from './cell-comparison';
import { holdLease, type Lease } from './leases';
import { settle, type Settlement } from './journal';
import type { Preview } from './preview';

/** Everything one chunk of an edit works with. */
export interface EditRun {
  readonly db: Database;
  readonly operations: Operations;
  readonly client: AirtableClient;
  readonly lease: Lease;
  readonly workspaceId: string;
  readonly editId: string;
  readonly operationId: string;
  readonly baseId: string;
  readonly fields: FieldsById;
  readonly tables: Preview['tables'];
  readonly policy: ConflictPolicy;
  /** How long an unanswered write may still land before it is looked for again. */
  readonly lateWriteMs: number;
  readonly signal: AbortSignal;
  readonly progress: { done: number; readonly total: number; readonly message: string };
}

/** Long enough to finish what was begun, short enough to hand over the base to others. */
export interface ChunkLimits {
  readonly batches: number;
  readonly milliseconds: number;
}

/** `wait`: nothing can be done before `waitMs` have passed. `quota`: Airtable's monthly calls are spent. */
export interface ChunkResult {
  readonly state: 'more' | 'done' | 'wait' | 'quota';
  readonly waitMs: number;
  readonly done: number;
  readonly total: number;
}

/** What one look at the journal came to: a batch was handled, nothing is left, or it is too early for so many ms. */
export type Look = 'handled' | 'nothing left' | { readonly waitMs: number };

/** Looks again and again until nothing is left, the chunk is over, or somebody has to wait or to buy more calls. */
export async function runChunk(
  run: EditRun,
  limits: ChunkLimits,
  look: () => Promise<Look>,
): Promise<ChunkResult> {
  const until = Date.now() + limits.milliseconds;
  const at = (state: ChunkResult['state'], waitMs = 0): ChunkResult => ({
    state,
    waitMs,
    done: run.progress.done,
    total: run.progress.total,
  });
  for (let n = 0; n < limits.batches && Date.now() < until; n++) {
    run.signal.throwIfAborted();
    try {
      const outcome = await look();
      if (outcome === 'nothing left') return at('done');
      if (outcome !== 'handled') return at('wait', outcome.waitMs);
    } catch (error) {
      if (isQuotaSpent(error)) return at('quota');
      throw error;
    }
  }
  return at('more');
}

/** Settles a batch and moves the operation's progress, in one transaction under the lease. */
export async function settleBatch(
  run: EditRun,
  settlements: readonly Settlement[],
  counted = settlements.length,
): Promise<void> {
  run.progress.done += counted;
  const { done, total, message } = run.progress;
  await run.db.tenant(run.workspaceId, async (tx) => {
    await settle(tx, run.lease, run.editId, settlements);
    await run.operations.setProgress(tx, run.operationId, { done, total, unit: 'changes', message });
  });
}

/** How a write ended: `refused` and `unsent` prove that nothing landed, `unclear` proves nothing. */
export type WriteEnd<T> =
  | { readonly end: 'landed'; readonly answer: T }
  | { readonly end: 'refused' | 'unsent' | 'unclear'; readonly error: unknown };

/** Sends one write. The lease is proved in the last moment before the bytes leave. */
export async function sendWrite<T>(
  run: EditRun,
  write: (options: { signal: AbortSignal; beforeSend: () => Promise<void> }) => Promise<T>,
): Promise<WriteEnd<T>> {
  let sent = false;
  const beforeSend = async () => {
    await run.db.tenant(run.workspaceId, (tx) => holdLease(tx, run.lease));
    run.signal.throwIfAborted();
    sent = true;
  };
  try {
    return { end: 'landed', answer: await write({ signal: run.signal, beforeSend }) };
  } catch (error) {
    if (!sent) return { end: 'unsent', error };
    return { end: provesNothingLanded(error) ? 'refused' : 'unclear', error };
  }
}

/** The gateway says of each failed write whether it can have reached the base; anything else proves nothing. */
function provesNothingLanded(error: unknown): boolean {
  return error instanceof SagatableError && error.details['mayHaveLanded'] === false;
}

function isQuotaSpent(error: unknown): boolean {
  return error instanceof SagatableError && error.code === 'airtable_quota';
}

/** True for refusals that the request itself causes: the same request will be refused again. */
export function isRefusal(error: unknown): boolean {
  return error instanceof SagatableError && ['InvalidInput', 'Forbidden', 'NotFound'].includes(error.kind);
}
