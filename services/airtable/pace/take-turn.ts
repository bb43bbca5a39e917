import { SagatableError } from '../../../contracts/errors';
import type { Call, Landing } from '../call';
import type { GatewayLimits, GatewayMetrics, Lane } from '../limits';
import { pause, type TimeLimit } from '../time-limit';
import { TurnTooFar } from './appointments';
import type { Slot } from './ask';
import type { Limiter } from './limiter';
import type { CallPaces } from './paces';
import type { RoundTrips } from './round-trips';
import { ASSUMED_LATE_MS, HELD_UP_AFTER_MS, LOST_AFTER_MS } from './timing';

/** The right to send one request now. Times are the process's own (ms). */
export interface Turn {
  /**
   * Asked before the request is written: held up for long since its slot, it waits for another one. True when it did. Throws
   * as TakeTurn does.
   */
  renew(): Promise<boolean>;
  /** Told right before the request is written to its connection. Without it the request counts as one that was not sent. */
  sent(at: number): void;
  /** Told when an answer came or was given up. */
  settle(at: number): void;
  /** Told of a 429: these paces rest for `ms`. */
  rest(ms: number): Promise<void>;
}

/** Waits for the right to send a request; throws `rate_wait` when that is farther than the lane or the call can wait. */
export type TakeTurn = (call: Call<unknown>, deadline: TimeLimit, details: Landing) => Promise<Turn>;

export interface TurnContext {
  readonly limiter: Limiter;
  readonly roundTrips: RoundTrips;
  readonly lane: Lane;
  readonly limits: GatewayLimits;
  readonly metrics: GatewayMetrics;
  readonly now: () => number;
  readonly pacesOf: (baseId: string | null) => CallPaces | undefined;
}

export function createTakeTurn(context: TurnContext): TakeTurn {
  const { limiter, lane, limits, metrics, now } = context;

  return async function takeTurn(call, deadline, details) {
    const paces = context.pacesOf(call.baseId);
    deadline.signal.throwIfAborted();
    if (!paces) return FREE;
    return turnOf(call, await nextSlot(paces, deadline, details), () => nextSlot(paces, deadline, details));
  };

  async function nextSlot(paces: CallPaces, deadline: TimeLimit, details: Landing): Promise<Slot> {
    const startedAt = now();
    // At a slow pace the next turn is farther off than the lane's bound: turned away, work of several calls would begin anew.
    const patienceMs = Math.max(limits.maxWaitMs[lane], 2 * limiter.intervalMs(paces));
    const endsAt = startedAt + Math.min(patienceMs, deadline.remainingMs());
    for (;;) {
      const slot = await limiter
        .take(paces, lane, Math.max(0, endsAt - now()), deadline.signal)
        .catch((error: unknown) => {
          throw error instanceof TurnTooFar ? rateWait(error.retryAfterMs, details) : error;
        });
      while (now() < slot.at) await pause(slot.at - now(), deadline.signal);
      if (now() - slot.at > LOST_AFTER_MS) {
        metrics.lostTurns++;
        continue;
      }
      if (limiter.rests(paces)) continue;
      count(now() - startedAt);
      return slot;
    }
  }

  function turnOf(call: Call<unknown>, first: Slot, next: () => Promise<Slot>): Turn {
    let slot = first;
    const kind = `${slot.paces.line.key} ${call.effect} ${call.method} ${call.path.split('?')[0]?.split('/').length}`;
    let sentAt: number | undefined;
    return {
      async renew() {
        if (now() - slot.at <= HELD_UP_AFTER_MS) return false;
        metrics.lostTurns++;
        slot = await next();
        return true;
      },
      sent(at) {
        sentAt ??= at;
        // What leaves late arrives late, whatever its answer will say, and others need to know that before it comes.
        const late = at - slot.from;
        if (late > LATE_MS) limiter.settle(slot, late + ASSUMED_LATE_MS);
      },
      settle(at) {
        if (sentAt === undefined) return;
        const ms = at - sentAt;
        // It arrived before its answer came, whatever is known of its kind.
        const longer = Math.min(context.roundTrips.note(slot.paces.host, kind, ms) ?? ms, ms);
        limiter.settle(slot, sentAt - slot.from + Math.min(longer, ASSUMED_LATE_MS));
        sentAt = undefined;
      },
      async rest(ms) {
        metrics.rests++;
        if (await limiter.rest(slot, ms)) metrics.halvings++;
      },
    };
  }

  function count(waitedMs: number): void {
    metrics[lane === 'bulk' ? 'turnsBulk' : 'turnsInteractive']++;
    metrics[lane === 'bulk' ? 'waitedMsBulk' : 'waitedMsInteractive'] += waitedMs;
  }

  function rateWait(retryAfterMs: number, details: Landing): SagatableError {
    metrics.rateWaits++;
    return new SagatableError(
      'LimitReached',
      `Airtable’s limit on requests to this base is used up for the next ${Math.ceil(retryAfterMs / 1000)} s.`,
      { code: 'rate_wait', retryAfterMs, details },
    );
  }
}

/** Later than this after its slot a request's departure is told at once. */
const LATE_MS = 20;

/** Of what no limit holds for. */
const FREE: Turn = {
  renew: async () => false,
  sent: () => undefined,
  settle: () => undefined,
  rest: async () => undefined,
};
