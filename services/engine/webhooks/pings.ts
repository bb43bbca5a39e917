import { SagatableError } from '../../../contracts/errors';
import type { Database } from '../../database/database';
import { openText, type KeyRing } from '../../encryption';
import type { GuardedFetch } from '../../files/guarded-fetch';
import { PING_RETRIES, PING_TIMEOUT_MS, retryAt } from './lifetimes';
import { claimPing, settleFailure, settleSuccess, type ClaimedPing } from './ping-rows';
import { secretContext, signBody } from './signature';

/** Pings that one process sends at once: a receiver that does not answer holds up no other. */
const LANES = 8;
/** The body of an answer means nothing; this much of it may come. */
const MAX_ANSWER_BYTES = 65_536;

export interface PingParts {
  readonly db: Pick<Database, 'tenant' | 'system'>;
  readonly fetch: GuardedFetch;
  readonly clock: { now(): Date };
  readonly keyRing: KeyRing;
  /** Hears why a ping failed where that was not the receiver's doing. */
  readonly report: (error: unknown) => void;
}

export interface Pings {
  /**
   * Sends all pings that are due, of all tenants, and resolves with how many were tried. To be called after writes that left
   * `notifications` to be done, and from time to time: what a crash or a delay left over is due then. Who calls need not
   * wait for an earlier call, which a slow receiver can hold up. Throws what the database throws.
   */
  deliverDue(): Promise<number>;
  /** Resolves when nothing is being sent any more. */
  settle(): Promise<void>;
}

/** Tells the receivers of webhooks that there are payloads: at least once for every change, one for several if they come fast. */
export function createPings({ db, fetch, clock, keyRing, report }: PingParts): Pings {
  let lanes = 0;
  const deliveries = new Set<Promise<number>>();

  /** Throws with a message for people when the ping did not arrive. */
  async function send(ping: ClaimedPing): Promise<void> {
    const { workspaceId, baseId, webhookId } = ping;
    const secret = openText(keyRing, ping.secretSealed, secretContext(workspaceId, webhookId));
    const timestamp = clock.now().toISOString();
    const body = JSON.stringify({ base: { id: baseId }, webhook: { id: webhookId }, timestamp });
    const answer = await fetch({
      url: ping.url,
      method: 'POST',
      headers: { 'content-type': 'application/json', 'x-airtable-content-mac': signBody(body, secret) },
      body,
      maxBytes: MAX_ANSWER_BYTES,
      timeoutMs: PING_TIMEOUT_MS,
    });
    answer.discard();
    if (answer.status === 200 || answer.status === 204) return;
    throw new SagatableError('Upstream', `The notification URL answered with status ${answer.status}.`, {
      code: 'ping_refused',
    });
  }

  /** Why a ping did not arrive, in words for the webhook's owner; undefined when it did. */
  async function attempt(ping: ClaimedPing): Promise<string | undefined> {
    try {
      await send(ping);
      return undefined;
    } catch (error) {
      if (error instanceof SagatableError) return error.message;
      report(error);
      return 'The ping could not be sent.';
    }
  }

  async function deliver(ping: ClaimedPing): Promise<void> {
    const begun = clock.now();
    const message = await attempt(ping);
    const now = clock.now();
    const done = {
      completionTimestamp: now.toISOString(),
      durationMs: now.getTime() - begun.getTime(),
      retryNumber: ping.failures,
    };
    const again = ping.failures < PING_RETRIES ? retryAt(now, ping.failures + 1) : null;
    await db.tenant(ping.workspaceId, (tx) => {
      if (message === undefined) return settleSuccess(tx, ping, now, { ...done, success: true });
      const result = { ...done, success: false as const, error: { message }, willBeRetried: again !== null };
      return settleFailure(tx, ping, result, again);
    });
  }

  /** One ping after the other. Whoever finds one lets another lane look, so that many are sent at once. */
  async function openLane(): Promise<number> {
    if (lanes >= LANES) return 0;
    lanes++;
    const others: Promise<number>[] = [];
    let tried = 0;
    try {
      for (;;) {
        const ping = await db.system((tx) => claimPing(tx, clock.now()));
        if (!ping) break;
        others.push(openLane());
        await deliver(ping);
        tried++;
      }
    } finally {
      lanes--;
      // Also after a failure: that of another lane would otherwise be nobody's.
      await Promise.allSettled(others);
    }
    const counts = await Promise.all(others);
    return counts.reduce((sum, count) => sum + count, tried);
  }

  return {
    deliverDue() {
      const delivery = openLane().finally(() => deliveries.delete(delivery));
      deliveries.add(delivery);
      return delivery;
    },
    settle: async () => void (await Promise.allSettled(deliveries)),
  };
}
