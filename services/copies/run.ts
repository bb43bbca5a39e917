import type { CopyCounts } from '../../contracts/copies';
import { SagatableError } from '../../contracts/errors';
import type { AirtableClient } from '../airtable/client';
import type { Database } from '../database/database';
import { holdLease, type Lease } from '../edits/leases';
import { lockBase } from '../engine/base-rows';
import { concludeWrite } from '../engine/conclude-write';
import { EngineError } from '../engine/engine-error';
import type { Engine } from '../engine/engine';
import type { BasePlace } from '../engine/place';
import type { EngineBase } from '../engine/schema';
import type { Files } from '../files/files';
import type { GuardedFetch } from '../files/guarded-fetch';
import type { Operations } from '../operations/operations';
import { assertNotBuried } from '../operations/steps';
import { saveProgress, type Position } from './copy-rows';
import type { HostedTable } from './hosting';

/** The step of workflows/copies.ts whose tombstone shuts out attempts that wake late. */
export const COPY_STEP = 'copy';

/** How far a copy has got: kept with each piece of work. */
export interface CopyState {
  position: Position;
  counts: CopyCounts;
}

/** Everything one chunk of a copy works with. */
export interface CopyRun {
  readonly db: Database;
  readonly engine: Engine;
  readonly operations: Operations;
  readonly files: Files;
  readonly fetch: GuardedFetch;
  /** The source; opened when it is first asked. */
  client(): Promise<AirtableClient>;
  readonly lease: Lease;
  readonly signal: AbortSignal;
  readonly workspaceId: string;
  readonly copyId: string;
  readonly operationId: string;
  readonly baseId: string;
  readonly actor: string;
  readonly direction: 'copying' | 'stopping';
  /** The schema that has been brought; null before. */
  hosted: readonly HostedTable[] | null;
  state: CopyState;
}

/** What one piece of work is given: the base, held, and the state to leave behind. */
export interface Piece {
  readonly place: BasePlace;
  readonly base: EngineBase;
  readonly state: CopyState;
}

/**
 * Does one piece of work in a transaction that holds the base: what it writes, how far the copy got and what people see of
 * it commit together. Throws Conflict `fenced` when the copy is being undone or another attempt has taken over, Conflict
 * `base_gone` when the base was removed meanwhile.
 */
export async function inBase(run: CopyRun, work: (piece: Piece) => Promise<void>): Promise<void> {
  const state = structuredClone(run.state);
  await run.db.tenant(run.workspaceId, async (tx) => {
    const place = run.engine.open(tx, run.workspaceId, run.baseId, {
      userId: run.actor,
      source: 'publicApi',
    });
    const base = await takeBase(place);
    await holdLease(tx, run.lease);
    if (run.direction === 'copying') await assertNotBuried(tx, run.operationId, COPY_STEP);
    await work({ place, base, state });
    await concludeWrite(place);
    await saveProgress(tx, run.copyId, state);
    await run.operations.setProgress(tx, run.operationId, progressOf({ ...run, state }));
  });
  run.state = state;
}

async function takeBase(place: BasePlace): Promise<EngineBase> {
  try {
    return await lockBase(place);
  } catch (error) {
    if (!(error instanceof EngineError)) throw error;
    throw new SagatableError('Conflict', 'The base was removed while it was being copied.', {
      code: 'base_gone',
      cause: error,
    });
  }
}

/** What people see of a copy under way: tables done, of all. */
export function progressOf({ hosted, state, direction }: Pick<CopyRun, 'hosted' | 'state' | 'direction'>) {
  const { tables, attachments, comments } = state.counts;
  const records = Object.values(tables).reduce((n, t) => n + t.created + t.updated + t.unchanged, 0);
  const seen = `${records} records, ${attachments.copied} attachments, ${comments.created} comments`;
  return {
    done: state.position.done.length,
    total: Math.max(hosted?.length ?? 0, state.position.done.length),
    unit: 'tables',
    message: direction === 'copying' ? `Copying: ${seen} so far` : `Stopping after ${seen}`,
  };
}

/** Counts of a table, made when it is first counted. */
export function countsOf(state: CopyState, tableId: string): CopyCounts['tables'][string] {
  return (state.counts.tables[tableId] ??= { created: 0, updated: 0, unchanged: 0, removed: 0 });
}
