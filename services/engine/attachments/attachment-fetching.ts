import { SagatableError } from '../../../contracts/errors';
import type { Database } from '../../database/database';
import type { Files } from '../../files/files';
import type { GuardedFetch } from '../../files/guarded-fetch';
import type { MakePictures } from '../../files/pictures';
import type { Engine } from '../engine';
import type { Effect } from '../place';
import { holdClaim, postponeClaim, takeClaim, keyOf, type Claim, type Clock } from './claims';
import type { CheckedDownloadLinks } from './download-links';
import { failAttachment } from './fail-attachment';
import { fetchOriginal } from './fetch-original';
import { makeThumbnails } from './make-thumbnails';

export interface AttachmentFetchingParts {
  readonly db: Database;
  readonly files: Files;
  readonly fetch: GuardedFetch;
  /** Knows the links that the engine made itself. */
  readonly links: Pick<CheckedDownloadLinks, 'read'>;
  readonly makePictures: MakePictures;
  readonly engine: Pick<Engine, 'open'>;
  readonly clock: Clock;
  /** Told of what a vanished attachment leaves to do for others (notifications), after its commit. */
  readonly onCommitted: (effects: ReadonlySet<Effect>) => void;
  /** Hears of failures that are nobody's address: the work is tried again. */
  readonly report: (error: unknown) => void;
}

/** Attachments that one process works on at a time. */
const LANES = 8;
/** How often work is begun before it is given up; the waits between are 2, 8, 32 and 128 seconds. */
const MAX_ATTEMPTS = 5;

export interface AttachmentFetching {
  /**
   * Does all the work on attachments that is due: fetches what was given by address, makes pictures. Any number of
   * processes may do so at once; what a crashed one had begun is done by another a minute later. Who calls need not wait
   * for an earlier call, which a slow source can hold up. Returns how much it did.
   */
  processPending(): Promise<number>;
  /** Takes on nothing more and breaks off what is being fetched, for another process to do; resolves when that is done. */
  close(): Promise<void>;
}

/** Makes the background work on attachments. */
export function createAttachmentFetching(parts: AttachmentFetchingParts): AttachmentFetching {
  const { db, clock } = parts;
  let lanes = 0;
  const calls = new Set<Promise<number>>();
  const closing = new AbortController();

  async function work(claim: Claim): Promise<void> {
    // Whoever began it so often did not live to say how it ended: it may be what ended them.
    if (claim.attempt > MAX_ATTEMPTS) return giveUp(claim);
    try {
      await holdClaim(db, clock, claim, (signal) =>
        claim.work === 'fetch'
          ? fetchOriginal(parts, claim, AbortSignal.any([signal, closing.signal]))
          : makeThumbnails(parts, claim),
      );
    } catch (error) {
      if (closing.signal.aborted) await postponeClaim(db, clock, claim, 0);
      else await settleFailure(claim, error);
    }
  }

  async function settleFailure(claim: Claim, error: unknown): Promise<void> {
    const expected = error instanceof SagatableError;
    if (!expected) parts.report(error);
    const again = claim.attempt < MAX_ATTEMPTS && (!expected || error.retryable);
    if (again) await postponeClaim(db, clock, claim, 2_000 * 4 ** (claim.attempt - 1));
    else await giveUp(claim);
  }

  function giveUp(claim: Claim): Promise<void> {
    return claim.work === 'fetch' ? fail(claim) : goWithoutPictures(claim);
  }

  async function fail(claim: Claim): Promise<void> {
    const effects = await db.tenant(claim.workspaceId, async (tx) => {
      const place = parts.engine.open(tx, claim.workspaceId, claim.baseId);
      await failAttachment(place, claim);
      return place.effects;
    });
    parts.onCommitted(effects);
  }

  async function goWithoutPictures(claim: Claim): Promise<void> {
    await db.tenant(claim.workspaceId, (tx) =>
      tx.query(
        `UPDATE engine_attachments SET work = NULL, claim = NULL
         WHERE workspace_id = $1 AND base_id = $2 AND id = $3 AND claim = $4`,
        [...keyOf(claim), claim.mark],
      ),
    );
  }

  const take = async () => (closing.signal.aborted ? undefined : takeClaim(db, clock));

  /** One attachment after the other. Whoever finds one lets another lane look, so that many are worked on at once. */
  async function openLane(): Promise<number> {
    if (lanes >= LANES) return 0;
    lanes++;
    const others: Promise<number>[] = [];
    let done = 0;
    try {
      for (let claim = await take(); claim; claim = await take()) {
        others.push(openLane());
        await work(claim);
        done++;
      }
    } finally {
      lanes--;
      await Promise.allSettled(others);
    }
    const counts = await Promise.all(others);
    return counts.reduce((sum, count) => sum + count, done);
  }

  return {
    processPending() {
      const call = openLane().finally(() => calls.delete(call));
      calls.add(call);
      return call;
    },
    async close() {
      closing.abort(new Error('this process ends'));
      await Promise.allSettled(calls);
    },
  };
}
