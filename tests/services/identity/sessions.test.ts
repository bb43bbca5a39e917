import { randomUUID } from 'node:crypto';
import { Redis } from 'ioredis';
import { newId } from '../../../services/ids';
import { createSignInAttempts, MAX_ATTEMPTS } from '../../../services/identity/attempts';
import { ABSOLUTE_MS, createSessions, GRACE_MS, IDLE_MS } from '../../../services/identity/sessions';

const HOUR_MS = 3_600_000;
let redis: Redis;
beforeAll(() => {
  redis = new Redis(process.env['REDIS_URL'] ?? '');
});
afterAll(() => redis.disconnect());

/** Sessions with a clock that stands still until it is moved. */
function fresh() {
  const config = { redisPrefix: `test-${randomUUID()}:`, jwtSecret: randomUUID() };
  let at = Date.now();
  const sessions = createSessions({ redis, config, clock: { now: () => new Date(at) } });
  return { sessions, config, userId: newId('user'), wait: (ms: number) => void (at += ms) };
}
const device = { userAgent: 'a browser' };

describe('a session', () => {
  it('keeps no token in Redis', async () => {
    const { sessions, config, userId } = fresh();
    const { sessionId, refreshToken } = await sessions.start(userId, device);
    await sessions.rotate(refreshToken);
    const stored = JSON.stringify(await redis.hgetall(`${config.redisPrefix}session:${sessionId}`));
    expect(stored).toContain(userId);
    for (const part of refreshToken.split('.').slice(1)) expect(stored).not.toContain(part);
  });

  it('goes on with each new refresh token', async () => {
    const { sessions, userId, wait } = fresh();
    const { sessionId, refreshToken } = await sessions.start(userId, device);
    let token = refreshToken;
    for (let i = 0; i < 5; i++) {
      wait(HOUR_MS);
      const next = await sessions.rotate(token);
      expect(next).toMatchObject({ sessionId, userId });
      expect(next.refreshToken).not.toBe(token);
      token = next.refreshToken;
    }
    expect(await sessions.isLive(sessionId)).toBe(true);
  });

  it('gives the same successor again while an answer may have been lost, to all who ask at once', async () => {
    const { sessions, userId, wait } = fresh();
    const { refreshToken } = await sessions.start(userId, device);
    const answers = await Promise.all([1, 2, 3].map(() => sessions.rotate(refreshToken)));
    wait(GRACE_MS);
    answers.push(await sessions.rotate(refreshToken));
    expect(new Set(answers.map((a) => a.refreshToken)).size).toBe(1);
  });

  it.each([
    ['the one before, after the grace', 1, GRACE_MS + 1],
    ['the one before that, even at once', 2, 0],
  ])('ends when an old token comes back: %s', async (_, rotations, waited) => {
    const { sessions, userId, wait } = fresh();
    const { sessionId, refreshToken } = await sessions.start(userId, device);
    let current = refreshToken;
    for (let i = 0; i < rotations; i++) current = (await sessions.rotate(current)).refreshToken;
    wait(waited);
    await expect(sessions.rotate(refreshToken)).rejects.toMatchObject({
      kind: 'Unauthenticated',
      code: 'refresh_token_reused',
    });
    expect(await sessions.isLive(sessionId)).toBe(false);
    await expect(sessions.rotate(current)).rejects.toMatchObject({ code: 'session_ended' });
  });

  it('is not ended by somebody who knows its id but never had a token of it', async () => {
    const { sessions, userId } = fresh();
    const { sessionId, refreshToken } = await sessions.start(userId, device);
    const [, chance, mac] = refreshToken.split('.');
    const invented = [
      `${sessionId}.x.${mac}`,
      `${sessionId}.${chance}`,
      `${sessionId}.${chance}.${mac}x`,
      sessionId,
      '..',
      'é',
    ];
    for (const token of invented) {
      await expect(sessions.rotate(token)).rejects.toMatchObject({ code: 'invalid_refresh_token' });
    }
    expect(await sessions.isLive(sessionId)).toBe(true);
  });

  it('ends a week after its last refresh', async () => {
    const { sessions, userId, wait } = fresh();
    const { sessionId, refreshToken } = await sessions.start(userId, device);
    wait(IDLE_MS - 1);
    const { refreshToken: next } = await sessions.rotate(refreshToken);
    wait(IDLE_MS);
    expect(await sessions.isLive(sessionId)).toBe(false);
    expect(await sessions.list(userId)).toEqual([]);
    await expect(sessions.rotate(next)).rejects.toMatchObject({ code: 'session_ended' });
  });

  it('ends a month after signing in, however much it was used', async () => {
    const { sessions, userId, wait } = fresh();
    const { sessionId, refreshToken } = await sessions.start(userId, device);
    let token = refreshToken;
    for (let waited = 0; waited + IDLE_MS / 2 < ABSOLUTE_MS; waited += IDLE_MS / 2) {
      token = (await sessions.rotate(token)).refreshToken;
      wait(IDLE_MS / 2);
    }
    expect(await sessions.isLive(sessionId)).toBe(true);
    wait(IDLE_MS / 2);
    expect(await sessions.isLive(sessionId)).toBe(false);
    await expect(sessions.rotate(token)).rejects.toMatchObject({ code: 'session_ended' });
  });

  it('is listed with its device and last use, and ended by its own user only, alone or with all others', async () => {
    const { sessions, userId, wait } = fresh();
    const first = await sessions.start(userId, { userAgent: 'a phone' });
    wait(HOUR_MS);
    const second = await sessions.start(userId, { userAgent: undefined });
    const third = await sessions.start(newId('user'), device);
    expect((await sessions.list(userId)).map((s) => [s.id, s.device])).toEqual([
      [second.sessionId, 'unknown'],
      [first.sessionId, 'a phone'],
    ]);
    expect(await sessions.revoke(third.sessionId, userId)).toBe(false);
    expect(await sessions.revoke(first.sessionId, userId)).toBe(true);
    expect(await sessions.revoke(first.sessionId, userId)).toBe(false);
    expect(await sessions.revokeAllOf(userId)).toBe(1);
    expect(await Promise.all([first, second, third].map((s) => sessions.isLive(s.sessionId)))).toEqual([
      false,
      false,
      true,
    ]);
  });

  it('cannot be checked without Redis, and then nobody is let in', async () => {
    const nowhere = new Redis('redis://127.0.0.1:1', { maxRetriesPerRequest: 0, retryStrategy: () => 20 });
    nowhere.on('error', () => undefined);
    const config = { redisPrefix: 'x:', jwtSecret: 'y' };
    const sessions = createSessions({ redis: nowhere, config });
    const unavailable = { kind: 'Unavailable', code: 'sessions_unavailable', retryable: true };
    await expect(sessions.isLive(newId('session'))).rejects.toMatchObject(unavailable);
    await expect(sessions.start(newId('user'), device)).rejects.toMatchObject(unavailable);
    await expect(createSignInAttempts(nowhere, 'x:').count('a@example.com', '::1')).rejects.toMatchObject({
      kind: 'Unavailable',
      code: 'sign_in_unavailable',
    });
    nowhere.disconnect();
  });
});

describe('attempts to sign in', () => {
  it('are limited for each account and address, also when they come at once', async () => {
    const attempts = createSignInAttempts(redis, `test-${randomUUID()}:`);
    const tries = await Promise.allSettled(
      Array.from({ length: 9 }, () => attempts.count('a@example.com', '10.0.0.1')),
    );
    const refused = tries.filter((t) => t.status === 'rejected');
    expect(refused).toHaveLength(9 - MAX_ATTEMPTS);
    for (const { reason } of refused) {
      expect(reason).toMatchObject({ kind: 'LimitReached', code: 'too_many_attempts' });
      expect(reason).toHaveProperty('retryAfterMs', expect.any(Number));
    }
    await attempts.count('a@example.com', '10.0.0.2');
    await attempts.count('b@example.com', '10.0.0.1');
    await attempts.forget('a@example.com', '10.0.0.1');
    await attempts.count('a@example.com', '10.0.0.1');
  });
});
