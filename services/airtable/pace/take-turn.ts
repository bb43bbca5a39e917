import { SagatableError } from '../../../contracts/errors';
import type { Call, Landing } from '../call';
import type { GatewayLimits, GatewayMetrics, Lane } from '../limits';
import { pause, type TimeLimit } from '../time-limit';
import type { Limiter } from './limiter';
import type { Pace } from './reservation';

/** The right to send one request now. */
export interface Turn {
  /** Told when an answer came or was given up, by the process's clock (ms). */
  settle(at: number): void;
  /** Told of a 429: these paces rest for `ms`. */
  rest(ms: number): Promise<void>;
}

/** Waits for the right to send a request; throws `rate_wait` when that is farther than the lane or the call can wait. */
export type TakeTurn = (call: Call<unknown>, deadline: TimeLimit, details: Landing) => Promise<Turn>;

export interface TurnContext {
  readonly limiter: Limiter;
  readonly lane: Lane;
  readonly limits: GatewayLimits;
  readonly metrics: GatewayMetrics;
  readonly pacesOf: (baseId: string | null) => readonly Pace[];
}

export function createTakeTurn({ limiter, lane, limits, metrics, pacesOf }: TurnContext): TakeTurn {
  return async function takeTurn(call, deadline, details) {
    const paces = pacesOf(call.baseId);
    const endsIn = Math.min(limits.maxWaitMs[lane], deadline.remainingMs());
    const endsAt = performance.now() + endsIn;
    const turn: Turn = {
      settle: () => undefined,
      // Which limit was hit is not said: the base's, if there is one, is the likelier by far.
      rest: (ms) => limiter.still(paces.slice(0, 1), ms),
    };
    for (;;) {
      deadline.signal.throwIfAborted();
      const { granted, waitMs } = await limiter.reserve(paces, Math.max(0, endsAt - performance.now()));
      if (!granted) throw rateWait(waitMs, details);
      if (waitMs < 0.5) return turn;
      await pause(waitMs, deadline.signal);
      if ((await limiter.stillMs(paces)) <= 0) return turn;
    }
  };

  function rateWait(waitMs: number, details: Landing): SagatableError {
    metrics.rateWaits++;
    const retryAfterMs = Math.ceil(waitMs);
    return new SagatableError(
      'LimitReached',
      `Airtable’s limit on requests to this base is used up for the next ${Math.ceil(waitMs / 1000)} s.`,
      { code: 'rate_wait', retryAfterMs, details },
    );
  }
}
