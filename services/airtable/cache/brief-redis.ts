import type { LimiterRedis } from '../pace/limiter';

/** After a failure Redis is left alone for so long (ms), lest every read wait for it in vain. */
const REST_MS = 1_000;

/** Runs a script in Redis; undefined when it did not answer in time, and never an error. */
export type AskBriefly = (
  script: string,
  keys: readonly string[],
  args: readonly (string | number)[],
) => Promise<unknown>;

export interface BriefRedisOptions {
  readonly redis: LimiterRedis;
  /** Longest time (ms) for one answer: a cache that is waited for longer saves nobody anything. */
  readonly waitMs: number;
}

/** Redis for what can do without it. A script that is given up may still run later. */
export function createBriefRedis({ redis, waitMs }: BriefRedisOptions): AskBriefly {
  let restUntil = 0;

  return async function askBriefly(script, keys, args) {
    const away = ['close', 'end', 'reconnecting'].includes(redis.status);
    if (away || performance.now() < restUntil) return undefined;
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<undefined>((resolve) => {
      timer = setTimeout(() => resolve(undefined), waitMs);
    });
    const answer = await Promise.race([
      redis.eval(script, keys.length, ...keys, ...args).catch(() => undefined),
      late,
    ]);
    clearTimeout(timer);
    if (answer === undefined) restUntil = performance.now() + REST_MS;
    return answer;
  };
}
