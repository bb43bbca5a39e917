import { randomBytes } from 'node:crypto';
import { z } from 'zod';
import type { Lane } from '../limits';
import { createAsk, type Slot } from './ask';
import { processesKey, slotsKey, ticketsKey } from './keys';
import { createLine, type Line } from './line';
import { pacePutToRest, type CallPaces } from './paces';
import { createProcessMemory } from './process-memory';
import { REST_SCRIPT } from './rest-script';
import { createScriptRunner, type LimiterRedis } from './script-runner';
import { LEAVE_SCRIPT, SETTLE_SCRIPT, WITHDRAW_SCRIPT } from './settle-script';

export type { LimiterRedis } from './script-runner';

/** Above this many lines those in which nobody waits are forgotten. */
const LINES_KEPT = 500;

/** How a limiter stands now. */
export interface PaceFigures {
  /** True while Redis does not answer, and this process keeps to its own part of every limit. */
  readonly redisDown: boolean;
  /** Processes that share the limits, as far as known; each has one part of so many while Redis is down. */
  readonly processes: number | undefined;
  /** Calls that wait for their turn here. */
  readonly waiting: number;
}

export interface Limiter {
  /** Time (ms) between two turns at the present pace. */
  intervalMs(paces: CallPaces): number;
  /**
   * Waits in line for a slot, and resolves shortly before it. Throws TurnTooFar when the slot would not come within
   * `maxWaitMs`, or the signal's reason as soon as it fires.
   */
  take(paces: CallPaces, lane: Lane, maxWaitMs: number, signal: AbortSignal): Promise<Slot>;
  /** Told how late (ms after `slot.from`) the request of a slot arrived at most. Takes no time. */
  settle(slot: Slot, lateMs: number): void;
  /** Told of a 429: the line rests for `ms`, everywhere; true when its pace was cut as well. */
  rest(slot: Slot, ms: number): Promise<boolean>;
  /** Whether a slot's line rests at this time, as far as this process knows. */
  rests(paces: CallPaces): boolean;
  figures(): PaceFigures;
  /** Leaves this process's part of the limits to the others. */
  close(): void;
}

interface LimiterOptions {
  readonly redis: LimiterRedis;
  readonly redisPrefix: string;
  /** Longest time Redis may take for one answer. */
  readonly redisMs: number;
  /** Milliseconds that only grow. */
  readonly now: () => number;
  /** Called for each slot that this process gave out by itself. */
  readonly onLocal: () => void;
}

const Rested = z
  .string()
  .transform((text): unknown => JSON.parse(text))
  .pipe(
    z.object({
      stillMs: z.number(),
      halved: z.boolean(),
      cut: z.number().optional(),
      cutInMs: z.number().optional(),
    }),
  );

/**
 * One limiter for all processes, in Redis by its clock. While Redis does not answer, each process keeps to its own part
 * of every limit: as many parts as there were processes.
 */
export function createLimiter({ redis, redisPrefix, redisMs, now, onLocal }: LimiterOptions): Limiter {
  const process = randomBytes(9).toString('base64url');
  const runner = createScriptRunner({ redis, redisMs, now });
  const memory = createProcessMemory(now);
  const ask = createAsk({ runner, memory, redisPrefix, process, now, onLocal });
  const lines = new Map<string, Line>();

  const stillUntil = (paces: CallPaces) =>
    Math.max(memory.stillUntil(paces.line), paces.user ? memory.stillUntil(paces.user) : 0);

  function lineOf({ line }: CallPaces): Line {
    const known = lines.get(line.key);
    if (known) return known;
    if (lines.size >= LINES_KEPT) for (const [key, it] of lines) if (it.idle()) lines.delete(key);
    const fresh = createLine({
      ask,
      process,
      now,
      rateOf: (paces) => memory.rateOf(paces.line),
      stillUntil,
      withdraw: (paces, ticket) => runner.send(WITHDRAW_SCRIPT, [ticketsKey(paces)], [ticket]),
    });
    lines.set(line.key, fresh);
    return fresh;
  }

  return {
    intervalMs: ({ line, share }) => 1_000 / Math.min(memory.rateOf(line), share?.perSecond ?? Infinity),
    take: (paces, lane, maxWaitMs, signal) => lineOf(paces).wait(paces, lane, maxWaitMs, signal),

    settle({ paces: { line, user }, name, redisAt }, lateMs) {
      const counted = [line, user].filter((pace) => pace?.window);
      if (redisAt === undefined || !counted.length) return;
      const keys = counted.map((pace) => slotsKey(pace ?? line));
      runner.send(SETTLE_SCRIPT, keys, [name, (redisAt + lateMs).toFixed(3)]);
    },

    async rest({ paces, name, redisAt }, ms) {
      const pace = pacePutToRest(paces);
      const { line, share } = paces;
      const already = memory.stillUntil(pace) > now();
      memory.rest(pace, ms);
      const rate = pace === line ? line.perSecond : 0;
      const args = [Math.ceil(ms), name, redisAt ?? 0, rate, Math.min(rate, share?.perSecond ?? rate)];
      const rested = Rested.safeParse(await runner.run(REST_SCRIPT, [pace.key, slotsKey(line)], args));
      if (rested.success) {
        if (rate) memory.learn(paces, rested.data, now());
        return rested.data.halved;
      }
      if (already || !rate) return false;
      memory.halve(line, ms);
      return true;
    },

    rests: (paces) => stillUntil(paces) > now(),

    figures: () => ({
      redisDown: runner.downSince() !== undefined,
      processes: memory.count.processes(),
      waiting: [...lines.values()].reduce((sum, line) => sum + line.waiting(), 0),
    }),

    close: () => runner.send(LEAVE_SCRIPT, [processesKey(redisPrefix)], [process]),
  };
}
