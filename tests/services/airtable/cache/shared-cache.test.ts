import type { Redis } from 'ioredis';
import { createReadCache, type ReadCache } from '../../../../services/airtable/cache/read-cache';
import { createAirtableGateway, type GatewayOptions } from '../../../../services/airtable/gateway';
import { parseKeyRing } from '../../../../services/encryption';
import { startEngineServer, type EngineServer } from '../../../api/v0/engine-server';
import { ANSWERS, startAirtableStandIn, type AirtableStandIn } from '../../../support/airtable-standin';
import { TEST_KEYS } from '../../../support/temporal';
import {
  allPages,
  BASE,
  CONNECTION,
  connectRedis,
  failureOf,
  NAME,
  QUICK,
  randomPrefix,
  TABLE,
  TOKEN,
} from '../setup';

const CACHED = { cached: true };

/** A process: its gateway and its part of the cache that all of one prefix share. */
function openProcess(redis: Redis, url: string, redisPrefix: string, token = TOKEN) {
  const cache: ReadCache = createReadCache({
    redis,
    keyRing: parseKeyRing(TEST_KEYS),
    redisPrefix,
    waitMs: 10_000,
  });
  const options: GatewayOptions = {
    redis,
    config: { apiUrl: 'http://localhost:1', airtableHosts: [new URL(url).host], redisPrefix },
    connections: {
      accessOf: async () => ({ url, token, airtableUser: 'usrStandIn', writable: true, health: 'ok' }),
      recordHealth: async () => undefined,
    },
    limits: QUICK,
    cache,
  };
  return { cache, gateway: createAirtableGateway(options) };
}

describe('processes with one cache, at Airtable', () => {
  let standIn: AirtableStandIn;
  let redis: Redis;
  let redisPrefix: string;
  const record = (n: number) => `rec${String(n).padStart(14, '0')}`;

  beforeAll(async () => {
    standIn = await startAirtableStandIn();
    redis = connectRedis();
  });
  beforeEach(() => {
    redisPrefix = randomPrefix();
    standIn.reset();
    for (let n = 0; n < 150; n++)
      standIn.records.set(record(n), {
        id: record(n),
        createdTime: '2026-01-01T00:00:00.000Z',
        fields: { [NAME]: `Canary ${n}` },
      });
  });
  afterAll(async () => {
    redis.disconnect();
    await standIn.close();
  });

  async function openTwo() {
    const [one, other] = [1, 2].map(() => openProcess(redis, standIn.url, redisPrefix));
    if (!one || !other) throw new Error('two processes were to be opened');
    return {
      one: await one.gateway.open(CONNECTION, 'interactive'),
      other: await other.gateway.open(CONNECTION, 'bulk'),
      metrics: () => ({ one: one.gateway.metrics(), other: other.gateway.metrics() }),
      cache: other.cache,
    };
  }
  const listOf = async (client: Awaited<ReturnType<typeof openTwo>>['one'], options = CACHED) =>
    (await allPages(client.listRecords(BASE, TABLE, {}, options))).map((r) => r.fields[NAME]);

  it('read a schema and every page of a list once', async () => {
    const { one, other, metrics } = await openTwo();
    const [schema, list] = [await one.getBaseSchema(BASE, CACHED), await listOf(one)];
    expect(list).toHaveLength(150);
    const asked = standIn.requests.length;
    expect(asked).toBe(3);
    expect(await other.getBaseSchema(BASE, CACHED)).toEqual(schema);
    expect(await listOf(other)).toEqual(list);
    expect(standIn.requests).toHaveLength(asked);
    expect(metrics()).toMatchObject({
      one: { requests: 3, cacheMisses: 3, cacheHits: 0, savedCalls: 0 },
      other: { requests: 0, cacheMisses: 0, cacheHits: 3, savedCalls: 3 },
    });
  });

  it('send every read whose caller did not ask for a kept answer', async () => {
    const { one } = await openTwo();
    await listOf(one);
    await listOf(one, { cached: false });
    await allPages(one.listRecords(BASE, TABLE));
    expect(standIn.requests).toHaveLength(6);
  });

  it('see what one of them wrote, and what the witness tells of others', async () => {
    const { one, other, cache } = await openTwo();
    await listOf(one);
    await other.updateRecords(BASE, TABLE, [{ id: record(3), fields: { [NAME]: 'changed' } }]);
    expect((await listOf(one))[3]).toBe('changed');
    standIn.records.get(record(3))!.fields[NAME] = 'changed by somebody else';
    expect((await listOf(one))[3]).toBe('changed');
    await cache.dropBase(standIn.host, BASE);
    expect((await listOf(one))[3]).toBe('changed by somebody else');
  });

  it.each([
    ['was refused', [ANSWERS.forbidden]],
    ['was not answered', [{ drop: 'after' as const }, { drop: 'after' as const }, ANSWERS.forbidden]],
  ])('read anew after a write that %s', async (_, scripts) => {
    const { one, other } = await openTwo();
    await one.getBaseSchema(BASE, CACHED);
    standIn.script(...scripts);
    await failureOf(other.deleteRecords(BASE, TABLE, [record(1)]));
    const asked = standIn.requests.length;
    await one.getBaseSchema(BASE, CACHED);
    expect(standIn.requests).toHaveLength(asked + 1);
  });

  it('keep no cell of a customer in clear', async () => {
    const { one } = await openTwo();
    await listOf(one);
    const names = await redis.keys(`${redisPrefix}cache:*`);
    expect(names.length).toBeGreaterThan(2);
    const stored = (await redis.mgetBuffer(names)).map((value) => value?.toString('latin1')).join();
    for (const clear of ['Canary', Buffer.from('Canary').toString('base64'), NAME, TOKEN])
      expect(names.join() + stored).not.toContain(clear);
  });

  it('work as without a cache when Redis is gone', async () => {
    const gone = connectRedis();
    const { gateway } = openProcess(gone, standIn.url, redisPrefix);
    const client = await gateway.open(CONNECTION, 'interactive');
    await client.getBaseSchema(BASE, CACHED);
    gone.disconnect();
    for (let n = 0; n < 2; n++) await client.getBaseSchema(BASE, CACHED);
    await client.deleteRecords(BASE, TABLE, [record(1)]);
    expect(standIn.requests).toHaveLength(4);
    expect(gateway.metrics()).toMatchObject({ cacheHits: 0 });
  });
});

describe('processes with one cache, at the engine', () => {
  let engine: EngineServer;
  let redis: Redis;

  beforeAll(async () => {
    engine = await startEngineServer();
    redis = connectRedis();
  });
  afterAll(async () => {
    redis.disconnect();
    await engine.close();
  });

  it('give back what was read until one of them writes, cells and schema alike', async () => {
    const redisPrefix = randomPrefix();
    const processes = [1, 2].map(() => openProcess(redis, engine.url, redisPrefix, 'full').gateway);
    const [one, other] = await Promise.all(
      processes.map((gateway) => gateway.open(CONNECTION, 'interactive')),
    );
    if (!one || !other) throw new Error('two processes were to be opened');
    const { body } = await engine.call('POST', '/meta/bases', {
      workspaceId: engine.workspaceId,
      name: 'Cached',
      tables: [{ name: 'Films', fields: [{ name: 'Title', type: 'singleLineText' }] }],
    });
    const { id: baseId } = body as { id: string };
    const { tables } = await one.getBaseSchema(baseId, CACHED);
    const [tableId, titleId] = [tables[0]?.id ?? '', tables[0]?.primaryFieldId ?? ''];
    const titles = async (client: typeof one) =>
      (await allPages(client.listRecords(baseId, tableId, {}, CACHED))).map((r) => r.fields[titleId]);

    expect(await titles(one)).toEqual([]);
    const [made] = await other.createRecords(baseId, tableId, [{ [titleId]: 'Metropolis' }]);
    expect(await titles(one)).toEqual(['Metropolis']);
    await other.updateRecords(baseId, tableId, [{ id: made?.id ?? '', fields: { [titleId]: 'M' } }]);
    expect(await titles(one)).toEqual(['M']);
    expect(await titles(other)).toEqual(['M']);
    expect(processes.map((gateway) => gateway.metrics().cacheHits)).toEqual([0, 1]);
    await other.createField(baseId, tableId, { name: 'Year', type: 'number', options: { precision: 0 } });
    const changed = await one.getBaseSchema(baseId, CACHED);
    expect(changed.tables[0]?.fields.map((field) => field.name)).toEqual(['Title', 'Year']);
    await other.deleteRecords(baseId, tableId, [made?.id ?? '']);
    expect(await titles(one)).toEqual([]);
    expect(engine.reported).toEqual([]);
  });
});
