import { randomBytes } from 'node:crypto';
import { z } from 'zod';
import { openText, sealText, type KeyRing } from '../../encryption';
import type { LimiterRedis } from '../pace/limiter';
import { createBriefRedis } from './brief-redis';
import type { CachedRequest } from './cached-request';

/** Longer answers (bytes of JSON) are not kept: a page of 100 ordinary records has a tenth of that. */
const MAX_BYTES = 1024 * 1024;
/** Longer than any answer is kept; a generation that ends takes its answers with it. */
const GENERATION_MS = 24 * 60 * 60 * 1000;
const WAIT_MS = 100;

/** The generation of a base, made when there is none, and the answer that was kept in it. */
const LOOK_UP = `
local generation = redis.call('GET', KEYS[1])
if not generation then
  redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2])
  return {ARGV[1]}
end
local kept = redis.call('GET', KEYS[2])
if kept and string.sub(kept, 1, #generation + 1) == generation .. ' ' then
  return {generation, string.sub(kept, #generation + 2)}
end
return {generation}`;

/** Keeps an answer only if no write came since its generation was noted. */
const KEEP = `
if redis.call('GET', KEYS[1]) ~= ARGV[1] then return 0 end
redis.call('SET', KEYS[2], ARGV[1] .. ' ' .. ARGV[2], 'PX', ARGV[3])
return 1`;

/** Generations are random, never counted: none comes back after Redis lost or dropped it. */
const DROP = `return redis.call('DEL', KEYS[1])`;

const Looked = z.union([z.tuple([z.string()]), z.tuple([z.string(), z.string()])]);

/** What the cache knows of a request. */
export interface LookedUp {
  /** Noted before the request is sent: `keep` keeps an answer of this generation only. */
  readonly generation: string;
  /** The kept answer as JSON. */
  readonly text: string | undefined;
}

/** Answers to reads, in Redis for all processes. Nothing here throws: without Redis there is no cache. */
export interface ReadCache {
  /** Undefined when Redis does not answer within 100 ms: then nothing may be kept either. */
  lookUp(request: CachedRequest): Promise<LookedUp | undefined>;
  /** Keeps an answer (JSON) for `keepMs`, unless its base was dropped since `generation` was noted or it is too long. */
  keep(request: CachedRequest, generation: string, text: string, keepMs: number): Promise<void>;
  /**
   * Forgets all answers of a base for every connection and tenant that reaches it on this host (`host:port`, the port where
   * it is not the usual one); null: those of no base, such as the list of bases. What is being read now is not kept. If
   * Redis does not hear of it, this process uses no answers of the base until it has; other processes may serve theirs for
   * as long as they were to be kept.
   */
  dropBase(host: string, baseId: string | null): Promise<void>;
}

export interface ReadCacheOptions {
  readonly redis: LimiterRedis;
  readonly keyRing: KeyRing;
  readonly redisPrefix: string;
  /** Longest time (ms) that Redis may take; 100 when absent. */
  readonly waitMs?: number;
}

/** Makes the cache of this process. Answers are sealed (AES-256-GCM): Redis holds no cell of a customer in clear. */
export function createReadCache({
  redis,
  keyRing,
  redisPrefix,
  waitMs = WAIT_MS,
}: ReadCacheOptions): ReadCache {
  const ask = createBriefRedis({ redis, waitMs });
  /** Generations that were to go while Redis was away. */
  const undropped = new Set<string>();
  const generationKey = (host: string, baseId: string | null) =>
    `${redisPrefix}cache:generation:${host}:${baseId ?? 'no base'}`;
  const answerKey = ({ digest }: CachedRequest) => `${redisPrefix}cache:answer:${digest}`;
  const keysOf = (request: CachedRequest) => [
    generationKey(request.host, request.baseId),
    answerKey(request),
  ];

  async function drop(key: string): Promise<boolean> {
    const answer = await ask(DROP, [key], []);
    if (answer === undefined) undropped.add(key);
    else undropped.delete(key);
    return answer !== undefined;
  }

  /** What cannot be opened was sealed with a key that is gone, or for another token: it is not there. */
  function open(sealed: string | undefined, context: string): string | undefined {
    if (sealed === undefined) return undefined;
    try {
      return openText(keyRing, sealed, context);
    } catch {
      return undefined;
    }
  }

  return {
    async lookUp(request) {
      const key = generationKey(request.host, request.baseId);
      if (undropped.has(key) && !(await drop(key))) return undefined;
      const fresh = randomBytes(16).toString('hex');
      const answer = Looked.safeParse(await ask(LOOK_UP, keysOf(request), [fresh, GENERATION_MS]));
      if (!answer.success) return undefined;
      const [generation, sealed] = answer.data;
      return { generation, text: open(sealed, request.seal) };
    },

    async keep(request, generation, text, keepMs) {
      if (Buffer.byteLength(text) > MAX_BYTES) return;
      await ask(KEEP, keysOf(request), [
        generation,
        sealText(keyRing, text, request.seal),
        Math.ceil(keepMs),
      ]);
    },

    async dropBase(host, baseId) {
      await drop(generationKey(host, baseId));
    },
  };
}
