import type { Redis } from 'ioredis';
import {
  createAirtableGateway,
  type GatewayOptions,
  type Health,
} from '../../../../services/airtable/gateway';
import type { LookupAll } from '../../../../services/files/public-address';
import { GATEWAY_LIMITS } from '../../../../services/airtable/limits';
import { ANSWERS, startAirtableStandIn, type AirtableStandIn } from '../../../support/airtable-standin';
import { pollUntil } from '../../../support/poll';
import { BASE, CONNECTION, connectRedis, failureOf, QUICK, randomPrefix, TABLE, TOKEN } from '../setup';

let standIn: AirtableStandIn;
let redis: Redis;
const opened: ReturnType<typeof createAirtableGateway>[] = [];

beforeAll(async () => {
  standIn = await startAirtableStandIn();
  redis = connectRedis();
});
beforeEach(() => standIn.reset());
afterAll(async () => {
  await Promise.all(opened.map((gateway) => gateway.close()));
  redis.disconnect();
  await standIn.close();
});

function createGateway(over: Partial<GatewayOptions> = {}, url = standIn.url) {
  const health: Health[] = [];
  const gateway = createAirtableGateway({
    redis,
    config: {
      apiUrl: 'http://localhost:1',
      airtableHosts: [new URL(url).host],
      redisPrefix: randomPrefix(),
    },
    connections: {
      accessOf: async () => ({
        url,
        token: TOKEN,
        airtableUser: 'usrStandIn',
        writable: true,
        share: null,
        health: 'ok',
      }),
      recordHealth: async (_workspaceId, _id, seen) => void health.push(seen),
    },
    limits: { ...GATEWAY_LIMITS, ...QUICK, attempts: 1 },
    ...over,
  });
  opened.push(gateway);
  return { gateway, health, open: () => gateway.open(CONNECTION, 'interactive') };
}

const BREAKER = { consecutive: 3, restMs: 60_000 };

describe('an outage', () => {
  it.each([
    ['500', ANSWERS.error],
    ['502', ANSWERS.badGateway],
    ['503', ANSWERS.unavailable],
    ['dropped sockets', { drop: 'before' }],
  ] as const)('of %s ends in circuit_open, and nothing is sent any more', async (_, script) => {
    const { gateway, open } = createGateway({ breaker: BREAKER });
    const client = await open();
    standIn.always(script);
    for (let i = 0; i < 3; i++) await failureOf(client.whoami());
    const error = await failureOf(client.createRecords(BASE, TABLE, [{}]));
    expect(error).toMatchObject({ kind: 'Unavailable', code: 'circuit_open', retryable: true });
    expect(error.details).toMatchObject({ mayHaveLanded: false });
    expect(error.retryAfterMs).toBeGreaterThan(30_000);
    expect(error.message).toMatch(new RegExp(`${standIn.host} .* again in \\d+ s`));
    expect(standIn.requests).toHaveLength(3);
    expect(gateway.metrics()).toMatchObject({ circuitOpen: 1, requests: 3 });
    expect(gateway.endpoints()).toMatchObject([{ host: standIn.host, circuit: 'open' }]);
  });

  it('is over with the first answer; a call that can wait for it does', async () => {
    const { gateway, open } = createGateway({
      breaker: { consecutive: 3, restMs: 300 },
      limits: { ...GATEWAY_LIMITS, ...QUICK, attempts: 6 },
    });
    const client = await open();
    standIn.script(ANSWERS.error, ANSWERS.error, ANSWERS.error);
    expect(await client.whoami()).toMatchObject({ id: 'usrStandIn' });
    expect(gateway.metrics().circuitOpen).toBeGreaterThan(0);
    expect(gateway.endpoints()).toMatchObject([{ circuit: 'closed' }]);
    expect(standIn.requests).toHaveLength(4);
  });

  it('of one host does not touch another', async () => {
    const other = await startAirtableStandIn();
    const { gateway } = createGateway({
      breaker: BREAKER,
      config: {
        apiUrl: 'http://localhost:1',
        airtableHosts: [standIn.host, other.host],
        redisPrefix: randomPrefix(),
      },
    });
    standIn.always(ANSWERS.error);
    const down = await gateway.openUnsaved({ url: standIn.url, token: TOKEN });
    for (let i = 0; i < 4; i++) await failureOf(down.whoami());
    const up = await gateway.openUnsaved({ url: other.url, token: TOKEN });
    expect(await up.whoami()).toMatchObject({ id: 'usrStandIn' });
    expect(gateway.endpoints().map(({ circuit }) => circuit)).toEqual(['open', 'closed']);
    await gateway.close();
    await other.close();
  });

  it.each([
    ['4xx', ANSWERS.forbidden],
    ['429', ANSWERS.rateLimited],
    ['a spent quota', ANSWERS.billing],
    ['garbage', ANSWERS.garbage],
  ])('is not made of %s', async (_, script) => {
    const { gateway, open } = createGateway({
      breaker: BREAKER,
      limits: { ...GATEWAY_LIMITS, ...QUICK, attempts: 1, stillMs: 1 },
    });
    const client = await open();
    standIn.always(script);
    for (let i = 0; i < 12; i++) await failureOf(client.whoami());
    expect(standIn.requests).toHaveLength(12);
    expect(gateway.endpoints()).toMatchObject([{ circuit: 'closed' }]);
  });

  it('nor of callers that leave, of short deadlines, or of a fence that refuses', async () => {
    const { gateway, open } = createGateway({ breaker: BREAKER });
    const client = await open();
    standIn.always({ hang: true });
    for (let i = 0; i < 5; i++) {
      standIn.requests.length = 0;
      const controller = new AbortController();
      const failed = failureOf(client.whoami({ signal: controller.signal }));
      await pollUntil('the request', async () => standIn.requests[0]);
      controller.abort();
      expect(await failed).toMatchObject({ code: 'cancelled' });
      expect(await failureOf(client.whoami({ deadlineMs: 30 }))).toMatchObject({ code: 'deadline_exceeded' });
      const lost = new Error('the lease was lost');
      const beforeSend = () => Promise.reject(lost);
      await expect(client.createRecords(BASE, TABLE, [{}], { beforeSend })).rejects.toBe(lost);
    }
    expect(gateway.endpoints()).toMatchObject([{ circuit: 'closed' }]);
  });
});

describe('the address of a host', () => {
  const airtable = (lookup: LookupAll) => createGateway({ lookup }, 'https://api.airtable.com');
  const at = (address: string) => ({ address, family: address.includes(':') ? 6 : 4 });

  it.each([
    '127.0.0.1',
    '10.0.0.1',
    '192.168.1.1',
    '169.254.169.254',
    '100.64.0.1',
    '0.0.0.0',
    '::1',
    'fe80::1',
    'fd00::1',
    '::ffff:127.0.0.1',
    '64:ff9b::7f00:1',
  ])('%s is refused while connecting, and nothing is sent', async (address) => {
    // One bad address among good ones is enough: the connection may take any.
    const { health, open } = airtable(async () => [at('3.3.3.3'), at(address)]);
    let asked = 0;
    const client = await open();
    const beforeSend = async () => void asked++;
    const error = await failureOf(client.createRecords(BASE, TABLE, [{}], { beforeSend }));
    expect(error).toMatchObject({ kind: 'Forbidden', code: 'endpoint_not_allowed', retryable: false });
    expect(error.details).toEqual({ attempts: 1, mayHaveLanded: false });
    expect(asked).toBe(0);
    expect(health).toEqual(['unreachable']);
  });

  it('a name that nobody knows is unreachable', async () => {
    const { health, open } = airtable(() =>
      Promise.reject(Object.assign(new Error('getaddrinfo'), { code: 'ENOTFOUND' })),
    );
    const error = await failureOf((await open()).whoami());
    expect(error).toMatchObject({ kind: 'Unavailable', code: 'unreachable', retryable: true });
    expect(error.details).toMatchObject({ network: 'ENOTFOUND' });
    expect(health).toEqual(['unreachable']);
  });

  it('of a host that the operator lists is the operator’s business', async () => {
    const { port } = new URL(standIn.url);
    const { open } = createGateway({ lookup: async () => [at('127.0.0.1')] }, `http://listed.test:${port}`);
    expect(await (await open()).whoami()).toMatchObject({ id: 'usrStandIn' });
  });
});

it('a gateway that is closed sends nothing and says so', async () => {
  const { gateway, open } = createGateway();
  const client = await open();
  await client.whoami();
  await gateway.close();
  expect(gateway.endpoints()).toMatchObject([{ connections: { open: 0, running: 0, waiting: 0 } }]);
  expect(await failureOf(client.createRecords(BASE, TABLE, [{}]))).toMatchObject({
    kind: 'Unavailable',
    code: 'gateway_closed',
    details: { mayHaveLanded: false },
  });
  expect(standIn.requests).toHaveLength(1);
});
