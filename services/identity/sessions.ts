import type { Redis } from 'ioredis';
import { z } from 'zod';
import { SagatableError } from '../../contracts/errors';
import type { Config } from '../config';
import { newId } from '../ids';
import { answerOf } from './redis-answers';
import { createRefreshTokens } from './refresh-tokens';
import { REVOKE, REVOKE_ALL, ROTATE, START } from './session-scripts';

/** A session ends a week after its last refresh, and a month after signing in. */
export const IDLE_MS = 7 * 24 * 3_600_000;
export const ABSOLUTE_MS = 30 * 24 * 3_600_000;
/** How long a token may be sent again because the answer to it was lost. */
export const GRACE_MS = 10_000;

export interface SessionView {
  readonly id: string;
  /** What the client called itself. */
  readonly device: string;
  readonly createdAt: string;
  /** When it was last refreshed: clients do so every ten minutes of use. */
  readonly lastUsedAt: string;
}

interface SessionsOptions {
  readonly redis: Redis;
  readonly config: Pick<Config, 'redisPrefix' | 'jwtSecret'>;
  readonly clock?: { now(): Date };
}

const Rotation = z.union([
  z.tuple([z.literal('rotated'), z.string()]),
  z.tuple([z.enum(['ended', 'reused'])]),
]);
const iso = (ms: string | undefined) => new Date(Number(ms ?? 0)).toISOString();

/**
 * Sessions live in Redis: one that is not there is not signed in, at once. Everything here throws Unavailable
 * `sessions_unavailable` when Redis does not answer.
 */
export function createSessions({ redis, config, clock = { now: () => new Date() } }: SessionsOptions) {
  const tokens = createRefreshTokens(config.jwtSecret);
  const sessionPrefix = `${config.redisPrefix}session:`;
  const keyOf = (sessionId: string) => sessionPrefix + sessionId;
  const userKeyOf = (userId: string) => `${config.redisPrefix}sessions-of:${userId}`;
  const now = () => clock.now().getTime();
  const ask = <T>(work: Promise<T>) =>
    answerOf(work, 'Sessions cannot be checked at the moment: try again soon.', 'sessions_unavailable');

  /** The user of a live session; undefined when it has ended. One round trip. */
  async function userOf(sessionId: string): Promise<string | undefined> {
    const [userId, idleEndsAt, endsAt] = await ask(
      redis.hmget(keyOf(sessionId), 'userId', 'idleEndsAt', 'endsAt'),
    );
    const live = Math.min(Number(idleEndsAt ?? 0), Number(endsAt ?? 0)) > now();
    return live ? (userId ?? undefined) : undefined;
  }

  return {
    async start(
      userId: string,
      { userAgent }: { userAgent: string | undefined },
    ): Promise<{ sessionId: string; refreshToken: string }> {
      const sessionId = newId('session');
      const refreshToken = tokens.first(sessionId);
      const at = now();
      const device = (userAgent ?? 'unknown').slice(0, 200);
      const args = [
        sessionId,
        userId,
        device,
        tokens.digestOf(refreshToken),
        at,
        at + IDLE_MS,
        at + ABSOLUTE_MS,
      ];
      await ask(redis.eval(START, 2, keyOf(sessionId), userKeyOf(userId), ...args));
      return { sessionId, refreshToken };
    },

    /**
     * Replaces a refresh token. Throws Unauthenticated: `invalid_refresh_token` for one that is not ours,
     * `session_ended`, or `refresh_token_reused` for an old one, which ends the session.
     */
    async rotate(token: string): Promise<{ sessionId: string; userId: string; refreshToken: string }> {
      const sessionId = tokens.sessionOf(token);
      if (sessionId === undefined)
        throw refused('invalid_refresh_token', 'This is not a refresh token: sign in again.');
      const successor = tokens.successorOf(token, sessionId);
      const at = now();
      const args = [tokens.digestOf(token), tokens.digestOf(successor), at, GRACE_MS, at + IDLE_MS];
      const [outcome, userId] = Rotation.parse(await ask(redis.eval(ROTATE, 1, keyOf(sessionId), ...args)));
      if (outcome === 'rotated') return { sessionId, userId, refreshToken: successor };
      if (outcome === 'ended') throw refused('session_ended', 'The session has ended: sign in again.');
      throw refused(
        'refresh_token_reused',
        'This refresh token was used before, so its session was ended: sign in again.',
      );
    },

    userOf,
    isLive: async (sessionId: string): Promise<boolean> => (await userOf(sessionId)) !== undefined,

    /** False when the user has no such session. Its access tokens stop with it. */
    async revoke(sessionId: string, userId: string): Promise<boolean> {
      return (await ask(redis.eval(REVOKE, 2, keyOf(sessionId), userKeyOf(userId), sessionId, userId))) === 1;
    },

    /** How many there were. */
    async revokeAllOf(userId: string): Promise<number> {
      return Number(await ask(redis.eval(REVOKE_ALL, 1, userKeyOf(userId), sessionPrefix)));
    },

    /** Those that are live, the last used first. */
    async list(userId: string): Promise<SessionView[]> {
      const ids = await ask(redis.zrange(userKeyOf(userId), '0', '-1'));
      const hashes = await ask(Promise.all(ids.map((id) => redis.hgetall(keyOf(id)))));
      return ids
        .flatMap((id, i) => {
          const s = hashes[i] ?? {};
          if (s['userId'] !== userId || Number(s['idleEndsAt']) <= now()) return [];
          return [
            {
              id,
              device: s['device'] ?? '',
              createdAt: iso(s['createdAt']),
              lastUsedAt: iso(s['lastUsedAt']),
            },
          ];
        })
        .sort((a, b) => b.lastUsedAt.localeCompare(a.lastUsedAt) || a.id.localeCompare(b.id));
    },
  };
}

export type Sessions = ReturnType<typeof createSessions>;

const refused = (code: string, message: string) => new SagatableError('Unauthenticated', message, { code });
