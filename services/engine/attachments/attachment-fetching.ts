import { SagatableError } from '../../../contracts/errors';
import type { Database } from '../../database/database';
import type { Files } from '../../files/files';
import type { GuardedFetch } from '../../files/guarded-fetch';
import type { MakePictures } from '../../files/pictures';
import type { Engine } from '../engine';
import type { Effect } from '../place';
import { holdClaim, postponeClaim, takeClaim, keyOf, type Claim, type Clock } from './claims';
import { failAttachment } from './fail-attachment';
import { fetchOriginal } from './fetch-original';
import { makeThumbnails } from './make-thumbnails';

export interface AttachmentFetchingParts {
  readonly db: Database;
  readonly files: Files;
  readonly fetch: GuardedFetch;
  readonly makePictures: MakePictures;
  readonly engine: Pick<Engine, 'open'>;
  readonly clock: Clock;
  /** Told of what a vanished attachment leaves to do for others (notifications), after its commit. */
  readonly onCommitted: (effects: ReadonlySet<Effect>) => void;
  /** Hears of failures that are nobody's address: the work is tried again. */
  readonly report: (error: unknown) => void;
}

/** Attachments that one process works on at a time. */
const CONCURRENCY = 8;
/** How often work is begun before it is given up; the waits between are 2, 8, 32 and 128 seconds. */
const MAX_ATTEMPTS = 5;

export interface AttachmentFetching {
  /**
   * Does all the work on attachments that is due: fetches what was given by address, makes pictures. Any number of
   * processes may do so at once; what a crashed one had begun is done by another a minute later. Returns how much it did.
   */
  processPending(): Promise<number>;
}

/** Makes the background work on attachments. */
export function createAttachmentFetching(parts: AttachmentFetchingParts): AttachmentFetching {
  const { db, clock } = parts;

  async function work(claim: Claim): Promise<void> {
    try {
      await holdClaim(db, clock, claim, (signal) =>
        claim.work === 'fetch' ? fetchOriginal(parts, claim, signal) : makeThumbnails(parts, claim),
      );
    } catch (error) {
      await settleFailure(claim, error);
    }
  }

  async function settleFailure(claim: Claim, error: unknown): Promise<void> {
    const expected = error instanceof SagatableError;
    if (!expected) parts.report(error);
    const again = claim.attempt < MAX_ATTEMPTS && (!expected || error.retryable);
    if (again) await postponeClaim(db, clock, claim, 2_000 * 4 ** (claim.attempt - 1));
    else if (claim.work === 'fetch') await fail(claim);
    else await goWithoutPictures(claim);
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

  async function workUntilNoneIsDue(): Promise<number> {
    for (let done = 0; ; done++) {
      const claim = await takeClaim(db, clock);
      if (!claim) return done;
      await work(claim);
    }
  }

  return {
    async processPending() {
      const done = await Promise.all(Array.from({ length: CONCURRENCY }, workUntilNoneIsDue));
      return done.reduce((sum, count) => sum + count, 0);
    },
  };
}
