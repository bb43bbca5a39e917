import { randomBytes } from 'node:crypto';
import type { Redis } from 'ioredis';
import { z } from 'zod';
import { SagatableError } from '../../../../contracts/errors';
import type { Call, Perform } from '../../../../services/airtable/call';
import { createCachedPerform } from '../../../../services/airtable/cache/cached-perform';
import { createReadCache } from '../../../../services/airtable/cache/read-cache';
import { createSharedFlights } from '../../../../services/airtable/cache/shared-flights';
import { createMetrics, type Lane } from '../../../../services/airtable/limits';
import type { LimiterRedis } from '../../../../services/airtable/pace/limiter';
import { parseKeyRing } from '../../../../services/encryption';
import { pollUntil } from '../../../support/poll';
import { BASE, CONNECTION, connectRedis, failureOf, randomPrefix, TABLE, TOKEN } from '../setup';

const keyRing = parseKeyRing(`k:${randomBytes(32).toString('base64')}`);
const Answer = z.object({ value: z.number() });
type Answer = z.infer<typeof Answer>;

const READ: Call<Answer> = {
  method: 'GET',
  path: `/${BASE}/${TABLE}`,
  effect: 'read',
  baseId: BASE,
  answer: Answer,
  options: { cached: true },
  keepMs: 60_000,
};
const WRITE: Call<Answer> = { ...READ, method: 'PATCH', effect: 'repeatable write', options: {} };

/** A request that was sent, until the test answers it. */
interface Sent {
  readonly call: Call<unknown>;
  answer(value: unknown): void;
  fail(error: unknown): void;
}

describe('calls with a cache before them', () => {
  let redis: Redis;
  let redisPrefix: string;
  let sent: Sent[];

  beforeAll(() => {
    redis = connectRedis();
  });
  beforeEach(() => {
    redisPrefix = randomPrefix();
    sent = [];
  });
  afterAll(() => redis.disconnect());

  /** Sends nothing by itself: the test plays Airtable. */
  const perform: Perform = async <T>(call: Call<T>): Promise<T> => {
    await call.options.beforeSend?.({ mayHaveLanded: false });
    return new Promise<T>((resolve, reject) => {
      sent.push({ call, answer: (value) => resolve(call.answer.parse(value)), fail: reject });
    });
  };

  /** As one process has it. */
  function openProcess(more: { lane?: Lane; redis?: LimiterRedis } = {}) {
    const metrics = createMetrics();
    let saved = 0;
    const performCached = createCachedPerform({
      perform,
      cache: createReadCache({ redis: more.redis ?? redis, keyRing, redisPrefix, waitMs: 10_000 }),
      flights: createSharedFlights(),
      place: {
        workspaceId: CONNECTION.workspaceId,
        connectionId: CONNECTION.id,
        endpointUrl: 'https://airtable.example',
        token: TOKEN,
      },
      lane: more.lane ?? 'interactive',
      limits: { deadlineMs: 45_000 },
      metrics,
      onSaved: () => saved++,
    });
    return { perform: performCached, metrics, saved: () => saved };
  }

  const nth = (n: number) => pollUntil(`request ${n} is sent`, async () => sent[n - 1]);

  /** Performs a call whose request, the n-th of the test, is answered with this. */
  async function answered(performCached: Perform, n: number, value: number, call = READ): Promise<Answer> {
    const answer = performCached(call);
    (await nth(n)).answer({ value });
    return answer;
  }

  it('answer who asks for kept answers from what any process read before', async () => {
    const [one, other] = [openProcess(), openProcess({ lane: 'bulk' })];
    expect(await answered(one.perform, 1, 7)).toEqual({ value: 7 });
    expect(await other.perform(READ)).toEqual({ value: 7 });
    expect(sent).toHaveLength(1);
    expect(one.metrics).toMatchObject({ cacheHits: 0, cacheMisses: 1, savedCalls: 0 });
    expect(other.metrics).toMatchObject({ cacheHits: 1, cacheMisses: 0, savedCalls: 1 });
    expect([one.saved(), other.saved()]).toEqual([0, 1]);
  });

  it.each<[string, Partial<Call<Answer>>]>([
    ['whose caller did not ask for kept ones', { options: {} }],
    ['whose caller refused kept ones', { options: { cached: false } }],
    ['that are never kept', { keepMs: 0 }],
    ['that are fenced', { options: { cached: true, beforeSend: async () => undefined } }],
  ])('send reads %s, and keep none of their answers', async (_, more) => {
    const { perform: performCached, metrics } = openProcess();
    await answered(performCached, 1, 1);
    expect(await answered(performCached, 2, 2, { ...READ, ...more })).toEqual({ value: 2 });
    expect(await performCached(READ)).toEqual({ value: 1 });
    expect(metrics).toMatchObject({ cacheHits: 1, cacheMisses: 1 });
  });

  it('keep no failure', async () => {
    const { perform: performCached } = openProcess();
    const failing = performCached(READ);
    (await nth(1)).fail(new SagatableError('NotFound', 'Gone.'));
    expect(await failureOf(failing)).toMatchObject({ kind: 'NotFound' });
    expect(await answered(performCached, 2, 2)).toEqual({ value: 2 });
  });

  it('read again what another version of the program kept in another form', async () => {
    const { perform: performCached } = openProcess();
    const other: Call<{ name: string }> = { ...READ, answer: z.object({ name: z.string() }) };
    const first = performCached(other);
    (await nth(1)).answer({ name: 'x' });
    await first;
    expect(await answered(performCached, 2, 2)).toEqual({ value: 2 });
  });

  it('forget what was read of a base once a process writes to it', async () => {
    const [reader, writer] = [openProcess(), openProcess()];
    await answered(reader.perform, 1, 1);
    await answered(writer.perform, 2, 2, WRITE);
    expect(await answered(reader.perform, 3, 3)).toEqual({ value: 3 });
  });

  it('forget it before the write leaves and when it failed, as it may have landed', async () => {
    const [reader, writer] = [openProcess(), openProcess()];
    await answered(reader.perform, 1, 1);
    const writing = writer.perform(WRITE);
    const write = await nth(2);
    expect(await answered(reader.perform, 3, 3)).toEqual({ value: 3 });
    expect(await reader.perform(READ)).toEqual({ value: 3 });
    write.fail(new SagatableError('Unavailable', 'No answer.'));
    await failureOf(writing);
    expect(await answered(reader.perform, 4, 4)).toEqual({ value: 4 });
  });

  it('keep no answer to a read that began before a write and came after it', async () => {
    const [reader, writer] = [openProcess(), openProcess()];
    const reading = reader.perform(READ);
    const old = await nth(1);
    await answered(writer.perform, 2, 2, WRITE);
    old.answer({ value: 1 });
    expect(await reading).toEqual({ value: 1 });
    expect(await answered(reader.perform, 3, 3)).toEqual({ value: 3 });
  });

  it('share no request that began before a write with a read that began after it', async () => {
    const { perform: performCached } = openProcess();
    const before = performCached(READ);
    const old = await nth(1);
    await answered(performCached, 2, 2, WRITE);
    expect(await answered(performCached, 3, 3)).toEqual({ value: 3 });
    old.answer({ value: 1 });
    expect(await before).toEqual({ value: 1 });
  });

  it('prove what must be true when the bytes leave after the drop, not before it', async () => {
    const { perform: performCached } = openProcess();
    await answered(performCached, 1, 1);
    let names: string[] = [];
    const beforeSend = async () => {
      names = await redis.keys(`${redisPrefix}cache:generation:*`);
    };
    await answered(performCached, 2, 2, { ...WRITE, options: { beforeSend } });
    expect(names).toEqual([]);
  });

  it('of a base leave those of no base alone, unless the base itself comes or goes', async () => {
    const { perform: performCached } = openProcess();
    const bases: Call<Answer> = { ...READ, path: '/meta/bases', baseId: null };
    await answered(performCached, 1, 1, bases);
    await answered(performCached, 2, 2, WRITE);
    expect(await performCached(bases)).toEqual({ value: 1 });
    await answered(performCached, 3, 3, { ...bases, method: 'POST', effect: 'create', options: {} });
    expect(await answered(performCached, 4, 4, bases)).toEqual({ value: 4 });
    await answered(performCached, 5, 5, { ...WRITE, method: 'DELETE', path: `/meta/bases/${BASE}` });
    expect(await answered(performCached, 6, 6, bases)).toEqual({ value: 6 });
  });

  describe('that ask the same at the same time', () => {
    it('share one request', async () => {
      const { perform: performCached, metrics, saved } = openProcess();
      const reads = [performCached(READ), performCached(READ), performCached(READ)];
      (await nth(1)).answer({ value: 1 });
      expect(await Promise.all(reads)).toEqual([{ value: 1 }, { value: 1 }, { value: 1 }]);
      expect(sent).toHaveLength(1);
      expect(metrics).toMatchObject({ cacheMisses: 1, savedCalls: 2 });
      expect(saved()).toBe(2);
    });

    it('share its failure, but not that its caller left', async () => {
      const { perform: performCached } = openProcess();
      const failing = [performCached(READ), performCached(READ)].map(failureOf);
      (await nth(1)).fail(new SagatableError('Forbidden', 'No.'));
      expect((await Promise.all(failing)).map((e) => e.kind)).toEqual(['Forbidden', 'Forbidden']);
      const [left, stays] = [failureOf(performCached(READ)), performCached(READ)];
      (await nth(2)).fail(
        new SagatableError('Unavailable', 'The call was cancelled.', { code: 'cancelled' }),
      );
      expect(await left).toMatchObject({ code: 'cancelled' });
      (await nth(3)).answer({ value: 3 });
      expect(await stays).toEqual({ value: 3 });
    });

    it('leave by themselves', async () => {
      const { perform: performCached } = openProcess();
      const first = performCached(READ);
      await nth(1);
      const leaving = new AbortController();
      const second = performCached({ ...READ, options: { cached: true, signal: leaving.signal } });
      leaving.abort();
      // Whoever left is told so by the call itself.
      (await nth(2)).fail(
        new SagatableError('Unavailable', 'The call was cancelled.', { code: 'cancelled' }),
      );
      expect(await failureOf(second)).toMatchObject({ code: 'cancelled' });
      sent[0]?.answer({ value: 1 });
      expect(await first).toEqual({ value: 1 });
    });
  });

  it('work without Redis: everything is sent', async () => {
    const away = connectRedis();
    away.disconnect();
    const { perform: performCached, metrics } = openProcess({ redis: away });
    expect(await answered(performCached, 1, 1)).toEqual({ value: 1 });
    expect(await answered(performCached, 2, 2, WRITE)).toEqual({ value: 2 });
    expect(await answered(performCached, 3, 3)).toEqual({ value: 3 });
    expect(metrics).toMatchObject({ cacheHits: 0, savedCalls: 0 });
  });
});
