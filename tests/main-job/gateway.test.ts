import { randomBytes } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { Redis } from 'ioredis';
import { isRefusal, mostInASecond, ofBase } from '../../bench/arrivals';
import { startCountingProxy, type CountingProxy } from '../../bench/counting-proxy';
import type { AirtableClient } from '../../services/airtable/client';
import { createServices, type Services } from '../../services/create-services';
import { TestApi, type Reply } from '../support/api';
import { testConfig } from '../support/config';
import { pollUntil } from '../support/poll';
import { freePort, startStack, type Stack } from '../support/stack';

/** Two workers and an API, and, behind a proxy that counts by itself, an engine of its own that has Airtable's limits. */
const RECORDS = 150;
const prefix = `gateway-${randomBytes(6).toString('hex')}:`;
const airtablePrefix = `airtable-${randomBytes(6).toString('hex')}:`;

let stack: Stack;
let proxy: CountingProxy;
let services: Services;
let redis: Redis;
let api: TestApi;
/** What plays Airtable, past the proxy. */
let airtable: TestApi;

beforeAll(async () => {
  const port = await freePort();
  const airtableUrl = `http://127.0.0.1:${port}`;
  proxy = await startCountingProxy(() => airtableUrl);
  const env = { REDIS_PREFIX: prefix, AIRTABLE_HOSTS: new URL(proxy.url).host };
  stack = await startStack(env);
  stack.startAnother('workers/main.js');
  // Redis' keys of its own: when the product's are gone, the limits know of all that was before.
  stack.startAnother('api/main.js', {
    API_PORT: String(port),
    API_URL: airtableUrl,
    REDIS_PREFIX: airtablePrefix,
  });
  redis = new Redis(process.env['REDIS_URL'] ?? '');
  services = createServices(testConfig({ ...env, DATABASE_URL: stack.database.url, API_URL: stack.apiUrl }));
  api = new TestApi(stack.apiUrl, stack.sample.token);
  airtable = new TestApi(airtableUrl, stack.sample.token);
  await pollUntil('what plays Airtable answers', async () => {
    return fetch(`${airtableUrl}/healthz`).then(
      (response) => response.ok,
      () => false,
    );
  });
}, 120_000);
afterAll(async () => {
  await services?.close();
  await stack?.stop();
  await proxy?.close();
  await deleteKeys(prefix);
  await deleteKeys(airtablePrefix);
  redis?.disconnect();
});

async function deleteKeys(of: string): Promise<number> {
  const keys = (await redis?.keys(`${of}*`)) ?? [];
  return keys.length > 0 ? redis.del(...keys) : 0;
}

function succeeded(reply: Reply): Reply {
  if (reply.status >= 300) throw new Error(`${reply.status}: ${reply.text}`);
  return reply;
}

/** A base of its own with Airtable's limits; the records' ids with it. */
async function makeLimitedBase(): Promise<{ baseId: string; tableId: string; recordIds: string[] }> {
  const fields = [
    { name: 'Title', type: 'singleLineText' },
    { name: 'Votes', type: 'number', options: { precision: 0 } },
  ];
  const { workspaceId } = stack.sample;
  const made = { name: 'Limited', workspaceId, tables: [{ name: 'Films', fields }] };
  const { body } = succeeded(await airtable.post('/v0/meta/bases', made));
  const baseId = String(body['id']);
  const tableId = (body['tables'] as Array<{ id: string }>)[0]?.id ?? '';
  const recordIds: string[] = [];
  while (recordIds.length < RECORDS) {
    const records = Array.from({ length: 10 }, (_, i) => ({ fields: { Title: `${recordIds.length + i}` } }));
    const { body: created } = succeeded(await airtable.post(`/v0/${baseId}/${tableId}`, { records }));
    recordIds.push(...(created['records'] as Array<{ id: string }>).map(({ id }) => id));
  }
  succeeded(await airtable.request('PUT', `/v0/meta/bases/${baseId}/imitation`, {}));
  return { baseId, tableId, recordIds };
}

/** Reads one record after another until it is stopped; tells how many it got. Without a pause they would be served before all writes. */
function readOn(client: AirtableClient, base: Awaited<ReturnType<typeof makeLimitedBase>>) {
  let stopped = false;
  async function read(): Promise<number> {
    let n = 0;
    for (; !stopped; n++) {
      await client.getRecord(base.baseId, base.tableId, base.recordIds[n % RECORDS] ?? '');
      await sleep(400);
    }
    return n;
  }
  const reading = read();
  reading.catch(() => undefined);
  return {
    stop() {
      stopped = true;
      return reading;
    },
  };
}

// A machine that stands still for most of a second delivers at once what was sent apart. A pace that is wrong fails twice.
jest.retryTimes(1, { logErrorsBeforeRetry: true });

it('two workers and readers stay within Airtable’s limits to the last request, also when Redis is emptied on the way', async () => {
  const base = await makeLimitedBase();
  const { workspaceId } = stack.sample;
  const refusals = () => redis.get(`${airtablePrefix}imitation:refusals:${workspaceId}`);
  const refusedBefore = await refusals();
  const connected = succeeded(
    await api.post(`/v1/workspaces/${workspaceId}/connections`, {
      name: 'Airtable',
      url: proxy.url,
      token: stack.sample.token,
      writable: true,
      share: 5,
    }),
  );
  const connectionId = String(connected.body['id']);
  const edit = await api.propose(workspaceId, {
    connectionId,
    baseId: base.baseId,
    rules: [{ kind: 'set', table: 'Films', cells: { Votes: 7 } }],
  });
  const reader = readOn(await services.gateway.open({ workspaceId, id: connectionId }, 'interactive'), base);
  const approval = { hash: edit.hash, acknowledgeSideEffects: true };
  const started = await api.post(`/v1/edits/${edit.id}/approve`, approval, { prefer: 'wait=0' });
  const landed = async () => {
    const sql = `SELECT 1 FROM edit_changes WHERE edit_id = $1 AND state = 'landed'`;
    return (await stack.database.admin.query(sql, [edit.id])).rowCount ?? 0;
  };
  await pollUntil('a third is written', async () => (await landed()) >= RECORDS / 3, 60_000);
  expect(await deleteKeys(prefix)).toBeGreaterThan(0);
  expect(await api.ended(String(started.body['id']))).toMatchObject({
    status: 'done',
    result: { outcome: { landed: RECORDS } },
  });
  expect(await reader.stop()).toBeGreaterThan(0);

  const arrivals = ofBase(proxy.arrivals, base.baseId);
  expect(arrivals.filter(isRefusal)).toEqual([]);
  expect(await refusals()).toBe(refusedBefore);
  expect(mostInASecond(arrivals)).toBeLessThanOrEqual(5);
  await airtable.request('DELETE', `/v0/meta/bases/${base.baseId}/imitation`);
  const after = await airtable.records(base.baseId, 'Films');
  expect([...after.values()].filter((fields) => fields['Votes'] !== 7)).toEqual([]);
  expect(after.size).toBe(RECORDS);
}, 120_000);
