import { monitorEventLoopDelay } from 'node:perf_hooks';
import type { Redis } from 'ioredis';
import { Redis as RedisClient } from 'ioredis';
import { startAirtableStandIn, ANSWERS, type AirtableStandIn } from '../../support/airtable-standin';
import { pollUntil } from '../../support/poll';
import { BASE, CONNECTION, connectRedis, createTestGateway, failureOf, randomPrefix, TABLE } from './setup';

const OTHER_BASE = 'appStandIn0000001';

/**
 * Slots are exact in Redis; what the stand-in sees comes later, by timers, sockets and whatever else runs on the same
 * cores. A request that is late comes nearer to the next one by so much: this, and how long the event loop, which
 * client and stand-in share here, was held up at worst.
 */
const JITTER_MS = 60;

/** Most requests that arrived within any one second, less the jitter. */
function mostInASecond(times: readonly number[]): number {
  const second = 1_000 - JITTER_MS - lag.max / 1e6;
  return Math.max(...times.map((from) => times.filter((t) => t >= from && t < from + second).length));
}

const lag = monitorEventLoopDelay({ resolution: 5 });

describe('the limiter shared by all processes', () => {
  let standIn: AirtableStandIn;
  let redis: Redis;
  let other: Redis;

  beforeAll(async () => {
    standIn = await startAirtableStandIn();
    redis = connectRedis();
    other = connectRedis();
    await Promise.all([redis.ping(), other.ping()]);
    // The first request of a process loads and compiles: none of what is measured.
    const { gateway } = createTestGateway(standIn, redis);
    const client = await gateway.open(CONNECTION, 'interactive');
    await Promise.all(Array.from({ length: 4 }, () => client.whoami()));
    lag.enable();
  });
  beforeEach(() => {
    standIn.reset();
    lag.reset();
  });
  afterAll(async () => {
    lag.disable();
    redis.disconnect();
    other.disconnect();
    await standIn.close();
  });

  const paced = (perBase: number, perUser?: number) => ({
    pace: { airtable: perUser === undefined ? { perBase } : { perBase, perUser }, engine: { perBase } },
  });
  const times = () => standIn.requests.map(({ at }) => at);

  it('two processes together send no more than the rate in any second, from the first second on', async () => {
    const prefix = randomPrefix();
    const clients = await Promise.all(
      [redis, other].map((r) =>
        createTestGateway(standIn, r, { prefix, limits: paced(5) }).gateway.open(CONNECTION, 'interactive'),
      ),
    );
    await Promise.all(
      clients.flatMap((client) => Array.from({ length: 8 }, () => client.getBaseSchema(BASE))),
    );

    expect(standIn.requests).toHaveLength(16);
    expect(mostInASecond(times())).toBeLessThanOrEqual(5);
    // And no slower than it needs to be: 15 intervals of 200 ms.
    expect(Math.max(...times()) - Math.min(...times())).toBeLessThan(1.5 * 3_000 + lag.max / 1e6);
  });

  it('a base that is far behind does not put off the same user’s other bases', async () => {
    const { gateway } = createTestGateway(standIn, redis, { limits: paced(4, 20) });
    const client = await gateway.open(CONNECTION, 'interactive');
    const backlog = Array.from({ length: 8 }, () => client.getBaseSchema(BASE));
    await backlog[0];
    await client.getBaseSchema(OTHER_BASE);
    const place = standIn.requests.findIndex(({ path }) => path.includes(OTHER_BASE));
    await Promise.all(backlog);
    expect(standIn.requests).toHaveLength(9);
    expect(place).toBeLessThan(6);
  });

  it('a user’s limit holds for all their bases together', async () => {
    const { gateway } = createTestGateway(standIn, redis, { limits: paced(4, 10) });
    const client = await gateway.open(CONNECTION, 'interactive');
    const bases = Array.from({ length: 6 }, (_, i) => `appStandIn000000${i}`);
    await Promise.all(bases.flatMap((base) => Array.from({ length: 4 }, () => client.getBaseSchema(base))));
    expect(standIn.requests).toHaveLength(24);
    expect(mostInASecond(times())).toBeLessThanOrEqual(10);
    for (const base of bases) {
      const ofBase = standIn.requests.filter(({ path }) => path.includes(base)).map(({ at }) => at);
      expect(mostInASecond(ofBase)).toBeLessThanOrEqual(4);
    }
  });

  it('a wait that is too long is told instead of sat out, and takes no slot', async () => {
    const { gateway } = createTestGateway(standIn, redis, { limits: paced(2) });
    const client = await gateway.open(CONNECTION, 'bulk');
    const outcomes = await Promise.allSettled(Array.from({ length: 10 }, () => client.getBaseSchema(BASE)));

    // Now, in 0.5 s, in 1 s: the bound of bulk calls is one second.
    expect(outcomes.filter((o) => o.status === 'fulfilled').length).toBeLessThanOrEqual(3);
    const refused = outcomes.find((outcome) => outcome.status === 'rejected');
    const error = await failureOf(Promise.reject(refused?.reason as Error));
    expect(error).toMatchObject({ kind: 'LimitReached', code: 'rate_wait', retryable: true });
    expect(error.retryAfterMs).toBeGreaterThan(900);
    expect(error.retryAfterMs).toBeLessThan(1_700);
    expect(gateway.metrics().rateWaits).toBeGreaterThanOrEqual(7);
  });

  it.each([
    ['the documented body', ANSWERS.rateLimited],
    ['the other body', ANSWERS.rateLimitedList],
  ])('a 429 (%s) stills the base for every process, and for that base only', async (_, answer) => {
    const prefix = randomPrefix();
    const limits = { stillMs: 700 };
    const open = (r: Redis) =>
      createTestGateway(standIn, r, { prefix, limits }).gateway.open(CONNECTION, 'interactive');
    const [first, second] = await Promise.all([open(redis), open(other)]);
    standIn.script(answer);
    const refused = await failureOf(first.createRecords(BASE, 'tblThings00000000', [{}]));
    expect(refused).toMatchObject({ kind: 'LimitReached', code: 'airtable_rate_limit', retryAfterMs: 700 });
    expect(refused.details).toMatchObject({
      airtableType: 'RATE_LIMIT_REACHED',
      requestId: 'req-of-the-stand-in',
      mayHaveLanded: false,
    });

    const limitedAt = standIn.requests[0]?.at ?? 0;
    await Promise.all([
      second.getBaseSchema(BASE),
      first.getBaseSchema(BASE),
      second.getBaseSchema(OTHER_BASE),
    ]);
    const after = standIn.requests
      .slice(1)
      .map((r) => ({ other: r.path.includes(OTHER_BASE), ms: r.at - limitedAt }));
    expect(after.filter((r) => r.other && r.ms < 500)).toHaveLength(1);
    expect(after.filter((r) => !r.other && r.ms >= 695)).toHaveLength(2);
  });

  it('a request that already has its slot waits as well when a 429 comes in between', async () => {
    const prefix = randomPrefix();
    const limits = { ...paced(2), stillMs: 2_000 };
    const open = (r: Redis) =>
      createTestGateway(standIn, r, { prefix, limits }).gateway.open(CONNECTION, 'interactive', 30_000);
    const [first, second] = await Promise.all([open(redis), open(other)]);
    standIn.script({ ...ANSWERS.rateLimited, delayMs: 200 });
    const refused = failureOf(first.createRecords(BASE, 'tblThings00000000', [{}]));
    await pollUntil('the first request', async () => standIn.requests.length === 1);
    const waiting = second.getBaseSchema(BASE);
    await Promise.all([refused, waiting]);

    const [limited, next] = times();
    expect((next ?? 0) - (limited ?? 0)).toBeGreaterThan(1_990);
  });

  it('Retry-After is honoured where it is given', async () => {
    const { gateway } = createTestGateway(standIn, redis);
    const client = await gateway.open(CONNECTION, 'bulk');
    standIn.script({ ...ANSWERS.rateLimited, headers: { 'retry-after': '7' } });
    expect(await failureOf(client.whoami())).toMatchObject({
      code: 'airtable_rate_limit',
      retryAfterMs: 7_000,
    });
    const next = await failureOf(client.whoami());
    expect(next.code).toBe('rate_wait');
    expect(next.retryAfterMs).toBeGreaterThan(6_500);
    expect(standIn.requests).toHaveLength(1);
  });

  it('requests that their fence held up together do not leave together, and ask it again in their new turn', async () => {
    const { gateway } = createTestGateway(standIn, redis, { limits: paced(5) });
    const client = await gateway.open(CONNECTION, 'interactive');
    let asked = 0;
    let open: () => void = () => undefined;
    const gate = new Promise<void>((resolve) => (open = resolve));
    const beforeSend = async () => {
      // The last one has had its slot for a while.
      if (++asked === 8) setTimeout(open, 700);
      await gate;
    };
    await Promise.all(
      Array.from({ length: 8 }, () => client.createRecords(BASE, TABLE, [{}], { beforeSend })),
    );
    expect(standIn.requests).toHaveLength(8);
    expect(asked).toBeGreaterThan(8);
    expect(mostInASecond(times())).toBeLessThanOrEqual(5);
  });

  it('a spent monthly quota is no matter of waiting: it is told at once, never repeated, and stills nothing', async () => {
    const { gateway } = createTestGateway(standIn, redis);
    const client = await gateway.open(CONNECTION, 'interactive');
    standIn.script(ANSWERS.billing);
    const error = await failureOf(client.getBaseSchema(BASE));
    expect(error).toMatchObject({ kind: 'LimitReached', code: 'airtable_quota', retryable: false });
    expect(standIn.requests).toHaveLength(1);
    await client.getBaseSchema(BASE);
    expect(gateway.metrics()).toMatchObject({ quotaRefusals: 1, rateLimited: 0 });
  });

  it('without Redis a process keeps to its own part by itself, and counts that', async () => {
    const dead = new RedisClient(1, '127.0.0.1', { maxRetriesPerRequest: 0, retryStrategy: () => 50 });
    dead.on('error', () => undefined);
    const { gateway } = createTestGateway(standIn, dead, { limits: paced(20, 200) });
    const client = await gateway.open(CONNECTION, 'interactive');
    await Promise.all(Array.from({ length: 8 }, () => client.getBaseSchema(BASE)));
    dead.disconnect();

    // It never heard how many processes there are, and takes four for granted.
    expect(mostInASecond(times())).toBeLessThanOrEqual(5);
    expect(gateway.metrics().localReservations).toBe(8);
    expect(gateway.pacing()).toMatchObject({ redisDown: true, processes: undefined });
  });

  it('a Redis that comes back empty starts no burst', async () => {
    const prefix = randomPrefix();
    const { gateway } = createTestGateway(standIn, redis, { prefix, limits: paced(5, 50) });
    const client = await gateway.open(CONNECTION, 'interactive');
    const before = Array.from({ length: 5 }, () => client.getBaseSchema(BASE));
    await before[0];
    const keys = await redis.keys(`${prefix}*`);
    expect(keys.length).toBeGreaterThan(0);
    await redis.del(...keys);
    await Promise.all([...before, ...Array.from({ length: 5 }, () => client.getBaseSchema(BASE))]);

    expect(mostInASecond(times())).toBeLessThanOrEqual(5);
    expect(gateway.metrics().localReservations).toBe(0);
  });

  it('leaves nothing in Redis that stays', async () => {
    const prefix = randomPrefix();
    const { gateway } = createTestGateway(standIn, redis, { prefix });
    const client = await gateway.open(CONNECTION, 'interactive');
    await client.getBaseSchema(BASE);
    for (const key of await redis.keys(`${prefix}*`)) expect(await redis.pttl(key)).toBeGreaterThan(0);
  });
});
