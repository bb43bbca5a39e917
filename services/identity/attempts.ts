import { createHash, randomUUID } from 'node:crypto';
import type { Redis } from 'ioredis';
import { SagatableError } from '../../contracts/errors';
import { answerOf } from './redis-answers';

const WINDOW_MS = 60_000;
/** Attempts to sign in to one account from one address within the window. */
export const MAX_ATTEMPTS = 5;

/**
 * A sliding window by Redis' own clock: counts and tells in one step, for all processes together.
 * KEYS: the pair. ARGV: window (ms), most attempts, a name for this one. Answers the ms to wait.
 */
const COUNT = `
local t = redis.call('TIME')
local now = t[1] * 1000 + math.floor(t[2] / 1000)
redis.call('ZREMRANGEBYSCORE', KEYS[1], 0, now - ARGV[1])
if redis.call('ZCARD', KEYS[1]) >= tonumber(ARGV[2]) then
  local oldest = redis.call('ZRANGE', KEYS[1], 0, 0, 'WITHSCORES')
  return math.max(1, oldest[2] + ARGV[1] - now)
end
redis.call('ZADD', KEYS[1], now, ARGV[3])
redis.call('PEXPIRE', KEYS[1], ARGV[1])
return 0`;

/** Attempts to sign in, counted before the password is looked at. Unavailable `sign_in_unavailable` when nobody can count. */
export function createSignInAttempts(redis: Redis, prefix: string) {
  const keyOf = (email: string, address: string) =>
    `${prefix}attempts:${createHash('sha256')
      .update(JSON.stringify([email, address]))
      .digest('base64url')}`;
  const ask = <T>(work: Promise<T>) =>
    answerOf(work, 'Nobody can sign in at the moment: try again soon.', 'sign_in_unavailable');

  return {
    /** Throws LimitReached `too_many_attempts` when this account was tried too often from this address. */
    async count(email: string, address: string): Promise<void> {
      const args = [WINDOW_MS, MAX_ATTEMPTS, randomUUID()];
      const retryAfterMs = Number(await ask(redis.eval(COUNT, 1, keyOf(email, address), ...args)));
      if (retryAfterMs === 0) return;
      throw new SagatableError('LimitReached', 'Too many attempts to sign in: wait a minute.', {
        code: 'too_many_attempts',
        retryAfterMs,
      });
    },

    /** Who knows the password is not guessing. */
    async forget(email: string, address: string): Promise<void> {
      await ask(redis.del(keyOf(email, address)));
    },
  };
}
