import { randomBytes } from 'node:crypto';
import Airtable from 'airtable';
import { Redis } from 'ioredis';
import { createAirtableGateway, type AirtableGateway } from '../../../services/airtable/gateway';
import { GATEWAY_LIMITS, type GatewayLimits } from '../../../services/airtable/limits';
import { startEngineServer, type EngineServer } from './engine-server';

let s: EngineServer;
let redis: Redis;
beforeAll(async () => {
  s = await startEngineServer();
  s.grant('second', {});
  s.grant('other', { userId: 'usr_other' });
  for (const token of ['crowd1', 'crowd2']) s.grant(token, { userId: 'usr_crowd' });
  redis = new Redis(process.env['REDIS_URL'] ?? '');
  await s.call('POST', `/${s.base.id}/Films`, { fields: { Title: 'Alien' } });
});
afterAll(async () => {
  redis.disconnect();
  await s.close();
  expect(s.reported).toEqual([]);
});

const films = (base = s.base.id) => `/${base}/Films`;
const ofBase = () => `/meta/bases/${s.base.id}/imitation`;
const ofToken = '/meta/imitation';
const switchOn = (path: string, settings = {}, token = 'full') => s.call('PUT', path, settings, token);

/** A base of its own for a test that fills limits. */
async function newBase(): Promise<string> {
  const tables = [{ name: 'Films', fields: [{ name: 'Title', type: 'singleLineText' }] }];
  const made = await s.call('POST', '/meta/bases', { name: 'Limited', workspaceId: s.workspaceId, tables });
  return (made.body as { id: string }).id;
}
/** Requests sent at once. */
const burst = (n: number, path: string, token = 'full') =>
  Promise.all(Array.from({ length: n }, () => s.call('GET', path, undefined, token)));
const statuses = async (calls: ReturnType<typeof burst>) => (await calls).map(({ status }) => status).sort();

const LIMITED = { type: 'RATE_LIMIT_REACHED', message: 'Rate limit exceeded. Please try again later' };

describe('the switch of a base and of a token', () => {
  test.each([[ofBase], [() => ofToken]])('is read, set and removed (%#)', async (path) => {
    expect(await s.call('GET', path())).toEqual({ status: 200, body: { imitation: null } });
    const set = await switchOn(path(), { perBase: 100 });
    expect(set).toMatchObject({
      status: 200,
      body: {
        imitation: { perBase: 100, perUser: 50, lockOutSeconds: 30, monthlyCalls: null, body: 'object' },
      },
    });
    expect(await s.call('GET', path())).toEqual(set);
    expect(await s.call('DELETE', path())).toEqual({ status: 200, body: { imitation: null } });
  });

  test('needs schema.bases:write, a base of the workspace and numbers that make sense', async () => {
    expect((await switchOn(ofBase(), {}, 'reader')).status).toBe(403);
    expect((await switchOn(ofToken, {}, 'reader')).status).toBe(403);
    expect((await switchOn(ofBase(), {}, 'stranger')).status).toBe(403);
    expect((await switchOn(ofBase(), { perBase: 0 })).body).toMatchObject({
      error: { type: 'INVALID_REQUEST_UNKNOWN' },
    });
    expect((await s.call('GET', ofBase(), undefined, 'reader')).body).toEqual({ imitation: null });
  });
});

test('5 requests a second to a base, all tokens together; then nothing, the schema neither; the switch itself answers', async () => {
  const base = await newBase();
  const path = `/meta/bases/${base}/imitation`;
  await switchOn(path);
  const tokens = ['full', 'second', 'other'];
  const calls = Array.from({ length: 9 }, (_, i) => s.call('GET', films(base), undefined, tokens[i % 3]));
  const found = await Promise.all(calls);
  expect(found.filter(({ status }) => status === 200)).toHaveLength(5);
  expect(found.find(({ status }) => status !== 200)).toEqual({ status: 429, body: { error: LIMITED } });
  expect((await s.call('GET', `/meta/bases/${base}/tables`)).status).toBe(429);
  expect((await s.call('POST', films(base), { fields: {} })).status).toBe(429);
  expect((await s.call('GET', films())).status).toBe(200);
  expect((await s.call('GET', path)).status).toBe(200);
  await s.call('DELETE', path);
  expect((await s.call('GET', films(base))).body).toEqual({ records: [] });
});

test('requests of a user, all their tokens together', async () => {
  await switchOn(ofToken, { perUser: 5 }, 'crowd1');
  await switchOn(ofToken, { perUser: 5 }, 'crowd2');
  const whoami = '/meta/whoami';
  const found = await Promise.all([burst(4, whoami, 'crowd1'), burst(4, whoami, 'crowd2')]);
  const passed = found.flat().filter(({ status }) => status === 200);
  expect(passed).toHaveLength(5);
  expect(await statuses(burst(3, whoami, 'other'))).toEqual([200, 200, 200]);
  expect((await s.call('GET', films(), undefined, 'crowd1')).status).toBe(429);
  await s.call('DELETE', ofToken, undefined, 'crowd1');
  expect((await s.call('GET', whoami, undefined, 'crowd1')).status).toBe(200);
});

test('both forms of a 429', async () => {
  const base = await newBase();
  await switchOn(`/meta/bases/${base}/imitation`, { perBase: 1, body: 'alternate', perUser: 1_000 });
  const bodies = (await burst(3, films(base))).filter(({ status }) => status === 429).map(({ body }) => body);
  const list = { errors: [{ error: LIMITED.type, message: LIMITED.message }] };
  expect(bodies).toHaveLength(2);
  expect(bodies).toEqual(expect.arrayContaining([{ error: LIMITED }, list]));
});

test('when the month’s calls are spent data calls are refused and /v0/meta answers', async () => {
  const base = await newBase();
  await switchOn(`/meta/bases/${base}/imitation`, { monthlyCalls: 0, perBase: 1_000, perUser: 1_000 });
  expect(await s.call('GET', films(base))).toMatchObject({
    status: 429,
    body: { error: { type: 'PUBLIC_API_BILLING_LIMIT_EXCEEDED' } },
  });
  expect((await s.call('POST', films(base), { fields: {} })).status).toBe(429);
  expect((await s.call('GET', `/meta/bases/${base}/tables`)).status).toBe(200);
  expect((await s.call('GET', films())).status).toBe(200);
});

describe('clients', () => {
  afterEach(() => jest.restoreAllMocks());
  const limited = { perBase: 2, perUser: 1_000, lockOutSeconds: 0.3 };

  test.each(['object', 'list'])(
    'airtable.js sees a 429 (%s) and comes through when it waits',
    async (body) => {
      const id = await newBase();
      await switchOn(`/meta/bases/${id}/imitation`, { ...limited, body });
      const options = { apiKey: 'full', endpointUrl: s.url };
      const hasty = new Airtable({ ...options, noRetryIfRateLimited: true }).base(id);
      const created = await Promise.allSettled(
        Array.from({ length: 4 }, (_, n) => hasty('Films').create({ Title: `${n}` })),
      );
      const refused = created.filter((it) => it.status === 'rejected');
      expect(refused).toHaveLength(2);
      expect(refused[0]?.reason).toMatchObject({ statusCode: 429 });
      // Its wait is a random part of 5 s: a small part here.
      jest.spyOn(Math, 'random').mockReturnValue(0.1);
      const patient = new Airtable(options).base(id);
      const records = await patient('Films').create({ Title: 'patient' });
      expect(records.get('Title')).toBe('patient');
    },
  );

  function openGateway(limits: Partial<GatewayLimits>): AirtableGateway {
    return createAirtableGateway({
      redis,
      config: {
        apiUrl: 'http://localhost:1',
        airtableHosts: [new URL(s.url).host],
        redisPrefix: `test:${randomBytes(8).toString('hex')}:`,
      },
      connections: {
        accessOf: async () => ({
          url: s.url,
          token: 'full',
          airtableUser: 'usr_test',
          writable: true,
          health: 'ok',
        }),
        recordHealth: async () => undefined,
      },
      limits,
    });
  }
  const connection = { workspaceId: 'ws_0000000000000000000000', id: 'con_0000000000000000000000' };

  /** Twenty times Airtable's limits and our share of them, so that the test is twenty times shorter. */
  const FASTER = 20;
  const faster = {
    perBase: 5 * FASTER,
    perUser: 50 * FASTER,
    pace: {
      ...GATEWAY_LIMITS.pace,
      listed: { perBase: 5 * FASTER, share: 3 * FASTER, perUser: 50 * FASTER },
    },
  };

  test('the gateway’s bulk lane stays within the limit, 200 calls long; a rude client does not', async () => {
    const id = await newBase();
    const { perBase, perUser } = faster;
    await switchOn(`/meta/bases/${id}/imitation`, { perBase, perUser });
    const gateway = openGateway({ pace: faster.pace });
    const client = await gateway.open(connection, 'bulk');
    let left = 200;
    async function work(): Promise<void> {
      while (left-- > 0) await client.getBaseSchema(id);
    }
    await Promise.all([work(), work(), work(), work()]);
    expect(gateway.metrics()).toMatchObject({
      requests: 200,
      rateLimited: 0,
      retries: 0,
      localReservations: 0,
    });
    await switchOn(`/meta/bases/${id}/imitation`, { perUser });
    const rude = await statuses(burst(25, `/meta/bases/${id}/tables`));
    expect(rude.filter((status) => status === 429).length).toBeGreaterThan(0);
  });

  test('the gateway comes through a rest that others have caused, whatever form the 429 has', async () => {
    const id = await newBase();
    await switchOn(`/meta/bases/${id}/imitation`, { ...limited, body: 'alternate' });
    expect(await statuses(burst(4, films(id)))).toEqual([200, 200, 429, 429]);
    const gateway = openGateway({ stillMs: 400, backoffBaseMs: 10 });
    const client = await gateway.open(connection, 'interactive');
    expect(await client.getBaseSchema(id)).toMatchObject({ tables: [{ name: 'Films' }] });
    expect(gateway.metrics().rateLimited).toBeGreaterThan(0);
  });

  test('the gateway knows spent calls from being too fast', async () => {
    const id = await newBase();
    await switchOn(`/meta/bases/${id}/imitation`, { monthlyCalls: 0, body: 'list' });
    const client = await openGateway({}).open(connection, 'interactive');
    const { tables } = await client.getBaseSchema(id);
    await expect(client.getRecord(id, tables[0]?.id ?? '', 'recAAAAAAAAAAAAAA')).rejects.toMatchObject({
      code: 'airtable_quota',
      retryable: false,
    });
  });
});
