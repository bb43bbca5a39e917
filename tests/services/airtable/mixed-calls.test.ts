import { Redis } from 'ioredis';
import { SagatableError } from '../../../contracts/errors';
import { createAirtableGateway, type AirtableGateway } from '../../../services/airtable/gateway';
import type { CallOptions } from '../../../services/airtable/client';
import { GATEWAY_LIMITS } from '../../../services/airtable/limits';
import { startEngineServer, type EngineServer } from '../../api/v0/engine-server';
import { createRandom } from '../../../chaos/proxy/fault-choice';
import { startFaultProxy, type FaultProxy } from '../../../chaos/proxy/fault-proxy';
import { pollUntil } from '../../support/poll';
import { allPages, CONNECTION, randomPrefix } from './setup';

const CALLS = 10_000;
const AT_ONCE = 50;
/** Turns are given out one after the other for each base: with several, that is not what the run waits for. */
const BASES = 8;
const SEED = Number(process.env['FAULT_SEED'] ?? 20_261_121);
/** A call may end this much (ms) after its deadline: what a loaded machine takes to get round to it. */
const SLACK_MS = 2_000;
/** No call has longer than this, so that the run is short. */
const DEADLINE_MS = 4_000;
const SHORT_MS = 40;

/** What is called, and how often of a hundred: what costs the engine least comes most, for the sake of the test's time. */
const MIX = { whoami: 46, schema: 6, list: 6, read: 12, create: 16, update: 9, delete: 5 } as const;
type Kind = keyof typeof MIX;
const KINDS = Object.keys(MIX) as Kind[];

/** How one call ended: `ok`, or the code of its error; `late` says by how much it missed its deadline. */
interface Ended {
  readonly kind: Kind;
  readonly outcome: string;
  readonly overMs: number;
}

let engine: EngineServer;
let redis: Redis;
let proxy: FaultProxy;
let gateway: AirtableGateway;
let before: readonly string[];

beforeAll(async () => {
  engine = await startEngineServer();
  redis = new Redis(process.env['REDIS_URL'] ?? '', { maxRetriesPerRequest: 1 });
  await redis.ping();
  // The database's pool opens its connections when they are first needed: they are none of the gateway's.
  await Promise.all(
    Array.from({ length: AT_ONCE }, () => engine.run((tx) => tx.query('SELECT pg_sleep(0.02)'))),
  );
  before = process.getActiveResourcesInfo();
  proxy = await startFaultProxy({
    target: engine.url,
    seed: SEED,
    lateHangMs: 100,
    lateMs: [200, 1_500],
    dripMs: 5,
  });
  gateway = createAirtableGateway({
    redis,
    config: { apiUrl: 'http://localhost:1', airtableHosts: [proxy.host], redisPrefix: randomPrefix() },
    connections: {
      accessOf: async () => ({
        url: proxy.url,
        token: 'full',
        airtableUser: 'usrMixed',
        writable: true,
        share: null,
        health: 'ok',
      }),
      recordHealth: async () => undefined,
    },
    limits: {
      ...GATEWAY_LIMITS,
      pace: { airtable: { perBase: 50_000 }, engine: { perBase: 50_000 } },
      stillMs: 10,
      backoffBaseMs: 2,
      backoffCapMs: 20,
      attemptMs: 1_500,
      deadlineMs: DEADLINE_MS,
    },
    // Faults by chance come in rows now and then, as those of a host that is down do.
    breaker: { restMs: 20, restCapMs: 100 },
  });
});

afterAll(async () => {
  await gateway.close();
  await proxy.close();
  redis.disconnect();
  await engine.close();
});

test(`${CALLS} mixed calls through any fault (seed ${SEED})`, async () => {
  const client = await gateway.open(CONNECTION, 'interactive');
  const random = createRandom(SEED);
  const places = await Promise.all(Array.from({ length: BASES }, makePlace));
  const called: string[] = [];
  const ended: Ended[] = [];

  /** One call of a kind; creates carry a title that no other has. */
  function start(kind: Kind, number: number, options: CallOptions): Promise<unknown> {
    const place = places[number % BASES];
    if (!place) throw new Error('no place');
    const { baseId, tableId, title, known } = place;
    const id = known[Math.floor(random() * known.length)] ?? 'rec00000000000000';
    const cells = { [title]: `call-${number}.` };
    switch (kind) {
      case 'whoami':
        return client.whoami(options);
      case 'list':
        return allPages(client.listRecords(baseId, tableId, { maxRecords: 3 }, options));
      case 'schema':
        return client.getBaseSchema(baseId, options);
      case 'read':
        return client.getRecord(baseId, tableId, id, options);
      case 'create':
        called.push(cells[title] ?? '');
        return client
          .createRecords(baseId, tableId, [cells], options)
          .then((made) => known.push(...made.map((record) => record.id)));
      case 'update':
        return client.updateRecords(baseId, tableId, [{ id, fields: { [title]: 'updated' } }], options);
      case 'delete':
        if (known.length > 20) known.splice(known.indexOf(id), 1);
        return client.deleteRecords(baseId, tableId, [id], options);
    }
  }

  async function call(number: number): Promise<void> {
    let left = random() * 100;
    const kind = KINDS.find((one) => (left -= MIX[one]) < 0) ?? 'whoami';
    const deadlineMs = random() < 0.05 ? SHORT_MS : DEADLINE_MS;
    const controller = new AbortController();
    const leaving =
      random() < 0.05 ? setTimeout(() => controller.abort(), Math.floor(random() * 60)) : undefined;
    const begun = performance.now();
    const outcome = await start(kind, number, { signal: controller.signal, deadlineMs }).then(
      () => 'ok',
      (error: unknown) => {
        if (!(error instanceof SagatableError)) throw error;
        return error.code;
      },
    );
    clearTimeout(leaving);
    ended.push({ kind, outcome, overMs: performance.now() - begun - deadlineMs });
  }

  let next = 0;
  async function work(): Promise<void> {
    while (next < CALLS) await call(next++);
  }
  await Promise.all(Array.from({ length: AT_ONCE }, work));

  expect(ended).toHaveLength(CALLS);
  expect(ended.filter(({ overMs }) => overMs > SLACK_MS)).toEqual([]);
  const outcomes = new Set(ended.map(({ outcome }) => outcome));
  for (const outcome of ['ok', 'cancelled', 'deadline_exceeded', 'ambiguous_write', 'airtable_quota'])
    expect(outcomes).toContain(outcome);
  for (const kind of KINDS)
    expect(ended.filter((one) => one.kind === kind && one.outcome === 'ok').length).toBeGreaterThan(
      CALLS / 50,
    );
  // Every fault was met, or the run shows little.
  for (const [fault, count] of Object.entries(proxy.counts()))
    expect([fault, count > CALLS / 1_000]).toEqual([fault, true]);

  await proxy.settled();
  const sent = proxy.log
    .filter(({ method, path }) => method === 'POST' && !path.includes('listRecords'))
    .flatMap(({ body }) => body.match(/call-\d+\./g) ?? []);
  expect(sent.length).toBeGreaterThan(CALLS / 10);
  expect(new Set(sent).size).toBe(sent.length);
  const titlesCalled = new Set(called);
  expect(sent.filter((one) => !titlesCalled.has(one))).toEqual([]);
  const found = await engine.run((tx) =>
    Promise.all(
      places.map(({ baseId, title }) =>
        tx.query<{ title: string }>(
          `SELECT cells->>$2 AS title FROM engine_records WHERE base_id = $1 AND cells->>$2 LIKE 'call-%'`,
          [baseId, title],
        ),
      ),
    ),
  );
  const titles = found.flatMap(({ rows }) => rows.map((row) => row.title));
  // Those that were updated or deleted since do not show.
  expect(titles.length).toBeGreaterThan(CALLS / 50);
  expect(new Set(titles).size).toBe(titles.length);

  await gateway.close();
  expect(gateway.endpoints().map(({ connections }) => connections)).toEqual([
    { open: 0, running: 0, waiting: 0 },
  ]);
  await proxy.close();
  expect(proxy.openSockets()).toBe(0);
  await settledResources();
}, 300_000);

/** A base of its own, and the records of it that are known to be there. */
async function makePlace() {
  const base = await engine.run((tx) =>
    engine.engine.createBase(tx, engine.workspaceId, {
      name: 'Mixed',
      tables: [{ name: 'Things', fields: [{ name: 'Title', type: 'singleLineText' }] }],
    }),
  );
  const [table] = base.tables;
  const [field] = table?.fields ?? [];
  if (!table || !field) throw new Error('no table');
  const known: string[] = [];
  return { baseId: base.id, tableId: table.id, title: field.id, known };
}

/** What the gateway and the proxy took is given back: nothing more keeps the process alive than before. */
async function settledResources(): Promise<void> {
  const kept = ['Timeout', 'TCPSocketWrap', 'TCPServerWrap', 'GetAddrInfoReqWrap'];
  const more = (name: string) => {
    const count = (resources: readonly string[]) => resources.filter((one) => one === name).length;
    return count(process.getActiveResourcesInfo()) > count(before);
  };
  // The last close events and the answers of Redis come with the next turns of the event loop.
  await pollUntil('nothing left behind', async () => !kept.some(more), 5_000);
}
