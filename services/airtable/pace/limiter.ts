import type { Redis } from 'ioredis';
import { z } from 'zod';
import { createLocalSlots } from './local-slots';
import {
  intervalMs,
  RESERVE_SCRIPT,
  STILL_SCRIPT,
  stillKey,
  type Pace,
  type Reservation,
} from './reservation';

/** After a failure Redis is left alone for so long, lest every call wait for it in vain. */
const REDIS_REST_MS = 1_000;

const ReserveAnswer = z.tuple([z.number(), z.coerce.number()]);

/** What the limiter needs of ioredis. */
export type LimiterRedis = Pick<Redis, 'eval' | 'status'>;

export interface Limiter {
  /** Takes the next slot that all paces allow, if it is no farther than `maxWaitMs`. Does not wait itself. */
  reserve(paces: readonly Pace[], maxWaitMs: number): Promise<Reservation>;
  /** Nobody gets a slot of these for `ms`. */
  still(paces: readonly Pace[], ms: number): Promise<void>;
  /** How long these still rest: asked again after a wait, because another process may have met a 429 meanwhile. */
  stillMs(paces: readonly Pace[]): Promise<number>;
}

interface LimiterOptions {
  readonly redis: LimiterRedis;
  /** Longest time Redis may take for one answer. */
  readonly redisMs: number;
  /** Milliseconds that only grow. */
  readonly now: () => number;
  /** Called for each slot that this process gave out by itself. */
  readonly onLocal: () => void;
}

/**
 * One limiter for all processes, in Redis. When Redis does not answer, the process keeps the same pace by itself:
 * several processes together are then faster than the limit by their number, which `onLocal` makes visible.
 */
export function createLimiter({ redis, redisMs, now, onLocal }: LimiterOptions): Limiter {
  const local = createLocalSlots(now);
  let restUntil = 0;

  /** Undefined when Redis is not there. */
  async function ask(
    script: string,
    keys: readonly string[],
    args: readonly (string | number)[],
  ): Promise<unknown> {
    if (now() < restUntil || ['close', 'end', 'reconnecting'].includes(redis.status)) return undefined;
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<undefined>((resolve) => {
      timer = setTimeout(() => resolve(undefined), redisMs);
    });
    const answer = await Promise.race([
      redis.eval(script, keys.length, ...keys, ...args).catch(() => undefined),
      late,
    ]);
    clearTimeout(timer);
    if (answer === undefined) restUntil = now() + REDIS_REST_MS;
    return answer;
  }

  return {
    async reserve(paces, maxWaitMs) {
      if (!paces.length) return { granted: true, waitMs: 0 };
      const keys = paces.flatMap((pace) => [pace.key, stillKey(pace)]);
      // From before the question: counted from its answer, the way to Redis would lengthen every interval.
      const askedAt = now();
      const limits = paces.flatMap((pace) => [intervalMs(pace), pace.order]);
      const answer = ReserveAnswer.safeParse(
        await ask(RESERVE_SCRIPT, keys, [maxWaitMs, local.earliestMs(paces), ...limits]),
      );
      if (!answer.success) {
        const reservation = local.reserve(paces, maxWaitMs);
        if (reservation.granted) onLocal();
        return reservation;
      }
      const [granted, waitMs] = answer.data;
      if (granted) local.note(paces, askedAt + waitMs);
      return { granted: granted === 1, waitMs };
    },

    async still(paces, ms) {
      local.still(paces, ms);
      if (paces.length) await ask(STILL_SCRIPT, paces.map(stillKey), [Math.ceil(ms)]);
    },

    async stillMs(paces) {
      const script = `local most = 0 for i = 1, #KEYS do most = math.max(most, redis.call('PTTL', KEYS[i])) end return most`;
      const answer = z.number().safeParse(await ask(script, paces.map(stillKey), []));
      return Math.max(local.stillMs(paces), answer.data ?? 0);
    },
  };
}
