import { randomBytes } from 'node:crypto';
import { createServer, type Server, type Socket } from 'node:net';
import { Redis } from 'ioredis';
import type { Call } from '../../../../services/airtable/call';
import { identifyRequest, type CachePlace } from '../../../../services/airtable/cache/cached-request';
import { createReadCache, type ReadCache } from '../../../../services/airtable/cache/read-cache';
import { AirtableRecord } from '../../../../contracts/airtable';
import { parseKeyRing } from '../../../../services/encryption';
import { pollUntil } from '../../../support/poll';
import { BASE, CONNECTION, connectRedis, randomPrefix, TABLE, TOKEN } from '../setup';

const HOST = 'airtable.example';
const PLACE: CachePlace = {
  workspaceId: CONNECTION.workspaceId,
  connectionId: CONNECTION.id,
  endpointUrl: `https://${HOST}`,
  token: TOKEN,
};
const READ: Call<AirtableRecord> = {
  method: 'GET',
  path: `/${BASE}/${TABLE}?pageSize=100`,
  effect: 'read',
  baseId: BASE,
  answer: AirtableRecord,
  options: { cached: true },
  keepMs: 60_000,
};
const CELLS = JSON.stringify({ name: 'Grete Canary', salary: 4711 });

const key = (id: string) => `${id}:${randomBytes(32).toString('base64')}`;
const requestOf = (place: Partial<CachePlace> = {}, call: Partial<Call<AirtableRecord>> = {}) =>
  identifyRequest({ ...PLACE, ...place }, { ...READ, ...call });

describe('kept answers', () => {
  const [oldKey, newKey] = [key('old'), key('new')];
  let redis: Redis;
  let redisPrefix: string;
  let cache: ReadCache;

  beforeAll(() => {
    redis = connectRedis();
  });
  beforeEach(() => {
    redisPrefix = randomPrefix();
    cache = open();
  });
  afterAll(() => redis.disconnect());

  /** A cache as one process has it; Redis on a loaded machine may be slow, which is no matter of these tests. */
  const open = (keys = oldKey) =>
    createReadCache({ redis, keyRing: parseKeyRing(keys), redisPrefix, waitMs: 10_000 });

  async function generationOf(request = requestOf(), from = cache): Promise<string> {
    const found = await from.lookUp(request);
    if (!found) throw new Error('Redis did not answer');
    return found.generation;
  }
  async function keep(request = requestOf(), text = CELLS, keepMs = 60_000): Promise<void> {
    await cache.keep(request, await generationOf(request), text, keepMs);
  }
  const textOf = async (request = requestOf(), from = cache) => (await from.lookUp(request))?.text;

  it('serve every process that asks the same', async () => {
    await keep();
    expect(await textOf(requestOf(), open())).toBe(CELLS);
  });

  it.each<[string, Partial<CachePlace>, Partial<Call<AirtableRecord>>]>([
    ['workspace', { workspaceId: 'ws_1111111111111111111111' }, {}],
    ['connection', { connectionId: 'con_1111111111111111111111' }, {}],
    ['endpoint', { endpointUrl: 'https://other.example' }, {}],
    ['token of the connection', { token: 'patNarrower' }, {}],
    ['query', {}, { path: `/${BASE}/${TABLE}?pageSize=99` }],
    ['body', {}, { method: 'POST', path: `/${BASE}/${TABLE}/listRecords`, body: { pageSize: 99 } }],
  ])('do not serve another %s', async (_, place, call) => {
    await keep();
    expect(await textOf(requestOf(place, call))).toBeUndefined();
  });

  it('do not serve another request whose digest is the same', async () => {
    await keep();
    expect(await textOf({ ...requestOf(), seal: 'another request' })).toBeUndefined();
  });

  it('end with their time', async () => {
    await keep(requestOf(), CELLS, 40);
    await pollUntil('the answer has ended', async () => (await textOf()) === undefined);
  });

  it('hold no cell in clear in Redis, and neither token nor request', async () => {
    await keep();
    const names = await redis.keys(`${redisPrefix}*`);
    expect(names).toHaveLength(2);
    const stored = (await redis.mgetBuffer(names)).map((value) => value?.toString('latin1'));
    for (const clear of ['Canary', '4711', TABLE, TOKEN, Buffer.from('Grete Canary').toString('base64')])
      expect(`${names.join()} ${stored.join()}`).not.toContain(clear);
  });

  it('are opened with an older key of the ring, and are none when their key is gone', async () => {
    await keep();
    expect(await textOf(requestOf(), open(`${newKey},${oldKey}`))).toBe(CELLS);
    expect(await textOf(requestOf(), open(newKey))).toBeUndefined();
  });

  it('that were changed in Redis are none', async () => {
    await keep();
    const [name = ''] = await redis.keys(`${redisPrefix}cache:answer:*`);
    const stored = (await redis.get(name)) ?? '';
    await redis.set(name, `${stored.slice(0, -2)}AA`);
    expect(await textOf()).toBeUndefined();
  });

  it('are of a megabyte at most', async () => {
    await keep(requestOf(), JSON.stringify('é'.repeat(600_000)));
    expect(await textOf()).toBeUndefined();
    await keep(requestOf(), JSON.stringify('é'.repeat(500_000)));
    expect(await textOf()).toHaveLength(500_002);
  });

  it('go when their base is dropped, for all tenants and connections of that base on that host', async () => {
    const others = requestOf({ workspaceId: 'ws_1111111111111111111111' });
    const otherBase = requestOf({}, { baseId: 'appStandIn0000001', path: '/appStandIn0000001/x' });
    const otherHost = requestOf({ endpointUrl: 'https://other.example' });
    for (const request of [requestOf(), others, otherBase, otherHost]) await keep(request);
    await open().dropBase(HOST, BASE);
    expect(await textOf()).toBeUndefined();
    expect(await textOf(others)).toBeUndefined();
    expect(await textOf(otherBase)).toBe(CELLS);
    expect(await textOf(otherHost)).toBe(CELLS);
  });

  it('are not made of an answer that was asked for before its base was dropped', async () => {
    const before = await generationOf();
    await cache.dropBase(HOST, BASE);
    await cache.keep(requestOf(), before, CELLS, 60_000);
    expect(await textOf()).toBeUndefined();
    // A reader after the drop does not bring the old generation back.
    await generationOf();
    await cache.keep(requestOf(), before, CELLS, 60_000);
    expect(await textOf()).toBeUndefined();
  });

  it('do not come back when Redis loses the generation of their base', async () => {
    await keep();
    const [name = ''] = await redis.keys(`${redisPrefix}cache:generation:*`);
    await redis.del(name);
    expect(await textOf()).toBeUndefined();
  });
});

describe('without Redis', () => {
  let present: Redis;
  beforeAll(() => {
    present = connectRedis();
  });
  afterAll(() => present.disconnect());

  const options = { keyRing: parseKeyRing(key('k')), redisPrefix: randomPrefix() };

  it('there is no cache and no error', async () => {
    const nowhere = connectRedis();
    nowhere.disconnect();
    const cache = createReadCache({ ...options, redis: nowhere });
    expect(await cache.lookUp(requestOf())).toBeUndefined();
    await expect(cache.keep(requestOf(), 'g', CELLS, 1_000)).resolves.toBeUndefined();
    await expect(cache.dropBase(HOST, BASE)).resolves.toBeUndefined();
  });

  describe('that answers', () => {
    let silent: Server;
    const sockets = new Set<Socket>();
    let redis: Redis;

    beforeAll(async () => {
      silent = createServer((socket) => void sockets.add(socket));
      await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve));
      const address = silent.address();
      const port = typeof address === 'object' && address ? address.port : 0;
      redis = new Redis(port, '127.0.0.1', { enableReadyCheck: false, retryStrategy: () => null });
      redis.on('error', () => undefined);
    });
    afterAll(() => {
      redis.disconnect();
      for (const socket of sockets) socket.destroy();
      silent.close();
    });

    it('it is waited for briefly, and then left alone for a while', async () => {
      const ask = jest.spyOn(redis, 'eval');
      const cache = createReadCache({ ...options, redis, waitMs: 20 });
      for (let i = 0; i < 5; i++) expect(await cache.lookUp(requestOf())).toBeUndefined();
      await cache.dropBase(HOST, BASE);
      expect(ask).toHaveBeenCalledTimes(1);
    });
  });

  it('a process that could not drop a base uses no answer of it until it has', async () => {
    await present.ping();
    const cache = createReadCache({ ...options, redis: present, waitMs: 10_000 });
    const generation = (await cache.lookUp(requestOf()))?.generation ?? '';
    await cache.keep(requestOf(), generation, CELLS, 60_000);
    expect((await cache.lookUp(requestOf()))?.text).toBe(CELLS);
    const lost = jest.replaceProperty(present, 'status', 'reconnecting');
    await cache.dropBase(HOST, BASE);
    lost.restore();
    expect(await cache.lookUp(requestOf())).toMatchObject({ text: undefined });
  });
});
