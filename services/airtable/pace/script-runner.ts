import type { Redis } from 'ioredis';
import type { Script } from './script';

/** What the limiter needs of ioredis. */
export type LimiterRedis = Pick<Redis, 'eval' | 'evalsha' | 'status'>;

/** After a failure Redis is left alone for so long, lest every call wait for it in vain. */
const FAILED_REST_MS = 800;
const SLOW_REST_MS = 400;

type Arguments = readonly (string | number)[];

export interface ScriptRunner {
  /** Undefined when Redis is not there, or takes longer than it may; never throws. */
  run(script: Script, keys: readonly string[], args: Arguments): Promise<unknown>;
  /** Sends without waiting for what becomes of it. */
  send(script: Script, keys: readonly string[], args: Arguments): void;
  /** Since when (ms) Redis has not answered; undefined while it does. */
  downSince(): number | undefined;
  /** True after the connection was lost, until `noteReturn`. */
  wasLost(): boolean;
  noteReturn(): void;
}

interface RunnerOptions {
  readonly redis: LimiterRedis;
  /** Longest time Redis may take for one answer. */
  readonly redisMs: number;
  /** Milliseconds that only grow. */
  readonly now: () => number;
}

export function createScriptRunner({ redis, redisMs, now }: RunnerOptions): ScriptRunner {
  let restUntil = 0;
  let downSince: number | undefined;
  let wasReady = false;
  let lost = false;

  const isThere = () =>
    wasReady ? redis.status === 'ready' : !['close', 'end', 'reconnecting'].includes(redis.status);

  async function evaluate(script: Script, keys: readonly string[], args: Arguments): Promise<unknown> {
    try {
      return await redis.evalsha(script.sha, keys.length, ...keys, ...args);
    } catch (error) {
      if (!(error instanceof Error) || !error.message.startsWith('NOSCRIPT')) throw error;
      return redis.eval(script.text, keys.length, ...keys, ...args);
    }
  }

  function fail(restMs: number, connectionLost: boolean): undefined {
    restUntil = now() + restMs;
    downSince ??= now();
    lost ||= connectionLost;
    return undefined;
  }

  return {
    async run(script, keys, args) {
      if (now() < restUntil) return undefined;
      // Its own return is noticed at once: no rest.
      if (!isThere()) return fail(0, true);
      const patience = startPatience(redisMs, now);
      try {
        const answer = await Promise.race([evaluate(script, keys, args), patience.ended]);
        if (answer === LATE) return fail(SLOW_REST_MS, false);
        wasReady = true;
        downSince = undefined;
        return answer;
      } catch {
        return fail(FAILED_REST_MS, true);
      } finally {
        patience.clear();
      }
    },
    send(script, keys, args) {
      if (now() < restUntil || !isThere()) return;
      // What is sent this way makes slots better known or frees them early: without it they are only less well used.
      evaluate(script, keys, args).catch(() => undefined);
    },
    downSince: () => downSince,
    wasLost: () => lost,
    noteReturn: () => void (lost = false),
  };
}

const LATE = Symbol('late');

/** Ends when Redis is late, not when this process is: held up, it first looks at what has come meanwhile, or begins anew. */
function startPatience(ms: number, now: () => number) {
  let timer: NodeJS.Timeout | undefined;
  let check: NodeJS.Immediate | undefined;
  const ended = new Promise<typeof LATE>((resolve) => {
    const start = (begunAt: number) => {
      timer = setTimeout(() => {
        if (now() - begunAt > ms + HELD_UP_MS) start(now());
        else check = setImmediate(() => resolve(LATE));
      }, ms);
    };
    start(now());
  });
  const clear = () => {
    clearTimeout(timer);
    clearImmediate(check);
  };
  return { ended, clear };
}

/** A timer that comes so late shows a process that was held up. */
const HELD_UP_MS = 50;
