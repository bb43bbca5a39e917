import type { Redis } from 'ioredis';
import { startAirtableStandIn, type AirtableStandIn } from '../../support/airtable-standin';
import type { AirtableClient } from '../../../services/airtable/client';
import {
  allPages,
  BASE,
  CONNECTION,
  connectRedis,
  createTestGateway,
  failureOf,
  NAME,
  TABLE,
  TOKEN,
} from './setup';

describe('calls of the Web API', () => {
  let standIn: AirtableStandIn;
  let redis: Redis;
  let client: AirtableClient;

  beforeAll(async () => {
    standIn = await startAirtableStandIn();
    redis = connectRedis();
    client = await createTestGateway(standIn, redis).gateway.open(CONNECTION, 'interactive');
  });
  beforeEach(() => standIn.reset());
  afterAll(async () => {
    redis.disconnect();
    await standIn.close();
  });

  async function createNamed(count: number) {
    const all = [];
    for (let i = 0; i < count; i += 10) {
      const cells = Array.from({ length: Math.min(10, count - i) }, (_, k) => ({ [NAME]: `Thing ${i + k}` }));
      all.push(...(await client.createRecords(BASE, TABLE, cells)));
    }
    standIn.requests.length = 0;
    return all;
  }

  it('whoami, bases and schema come in their documented form, unknown keys left out', async () => {
    expect(await client.whoami()).toEqual({
      id: 'usrStandIn',
      email: 'someone@example.com',
      scopes: ['data.records:read'],
    });
    expect(await client.listBases()).toEqual([{ id: BASE, name: 'Stand-in', permissionLevel: 'create' }]);
    const schema = await client.getBaseSchema(BASE);
    expect(schema.tables[0]).not.toHaveProperty('unknownKey');
    expect(standIn.requests.map((r) => r.path)).toEqual([
      '/v0/meta/whoami',
      '/v0/meta/bases',
      `/v0/meta/bases/${BASE}/tables`,
    ]);
    expect(standIn.requests.every((r) => r.token === TOKEN)).toBe(true);
  });

  it('bases are listed to the last page', async () => {
    const page = (id: string, offset?: string) => ({
      status: 200,
      body: { bases: [{ id, name: id, permissionLevel: 'read' }], offset },
    });
    standIn.script(page('app1', 'a/b&c'), page('app2'));
    expect((await client.listBases()).map((b) => b.id)).toEqual(['app1', 'app2']);
    expect(standIn.requests[1]?.query.get('offset')).toBe('a/b&c');
  });

  it('lists come page by page, keyed by field id, each page asked for when it is wanted', async () => {
    await createNamed(25);
    const query = { pageSize: 10, fields: [NAME], filterByFormula: '1', sort: [{ field: NAME }] };
    const pages = client.listRecords(BASE, TABLE, query)[Symbol.asyncIterator]();
    const first = await pages.next();
    expect(first.done ? [] : first.value.map((r) => r.fields[NAME])).toEqual(
      Array.from({ length: 10 }, (_, i) => `Thing ${i}`),
    );
    expect(standIn.requests).toHaveLength(1);
    expect(Object.fromEntries(standIn.requests[0]?.query ?? [])).toEqual({
      pageSize: '10',
      'fields[]': NAME,
      filterByFormula: '1',
      'sort[0][field]': NAME,
      'sort[0][direction]': 'asc',
      returnFieldsByFieldId: 'true',
    });
    await pages.next();
    const last = await pages.next();
    expect(last.done ? 0 : last.value.length).toBe(5);
    expect((await pages.next()).done).toBe(true);
    expect(standIn.requests).toHaveLength(3);
  });

  it('a list that is broken off asks for no more pages', async () => {
    await createNamed(25);
    for await (const page of client.listRecords(BASE, TABLE, { pageSize: 10 })) {
      expect(page[0]?.createdTime).toBe('2026-01-01T00:00:00.000Z');
      break;
    }
    expect(standIn.requests).toHaveLength(1);
  });

  it('a query too long for a URL is sent as POST …/listRecords, to the last page', async () => {
    await createNamed(15);
    const filterByFormula = `OR(${'1,'.repeat(8_000)}1)`;
    expect(await allPages(client.listRecords(BASE, TABLE, { filterByFormula, pageSize: 10 }))).toHaveLength(
      15,
    );
    expect(standIn.requests.map((r) => [r.method, r.path])).toEqual(
      Array(2).fill(['POST', `/v0/${BASE}/${TABLE}/listRecords`]),
    );
    expect(standIn.requests[1]?.body).toMatchObject({
      filterByFormula,
      pageSize: 10,
      offset: '10',
      returnFieldsByFieldId: true,
    });
  });

  it('each page has its own deadline, fence and retry', async () => {
    await createNamed(25);
    standIn.script({ delayMs: 1 }, { status: 503 }, { delayMs: 1 });
    let checks = 0;
    const records = await allPages(
      client.listRecords(BASE, TABLE, { pageSize: 10 }, { beforeSend: async () => void checks++ }),
    );
    expect(records).toHaveLength(25);
    expect(checks).toBe(4);
  });

  it('a list whose place Airtable forgot says that it must be started again', async () => {
    standIn.script({ status: 422, body: { error: { type: 'LIST_RECORDS_ITERATOR_NOT_AVAILABLE' } } });
    expect(await failureOf(allPages(client.listRecords(BASE, TABLE)))).toMatchObject({
      kind: 'Conflict',
      code: 'list_expired',
      retryable: true,
    });
  });

  it('records are created, changed, read and deleted', async () => {
    const [created] = await client.createRecords(BASE, TABLE, [{ [NAME]: 'One' }], { typecast: true });
    expect(standIn.requests[0]?.body).toEqual({
      records: [{ fields: { [NAME]: 'One' } }],
      returnFieldsByFieldId: true,
      typecast: true,
    });
    const id = created?.id ?? '';
    await client.updateRecords(BASE, TABLE, [{ id, fields: { [NAME]: null } }]);
    expect(standIn.requests[1]).toMatchObject({
      method: 'PATCH',
      body: { records: [{ id, fields: { [NAME]: null } }], returnFieldsByFieldId: true },
    });
    expect((await client.getRecord(BASE, TABLE, id)).fields).toEqual({ [NAME]: null });
    await client.deleteRecords(BASE, TABLE, [id]);
    expect(await failureOf(client.getRecord(BASE, TABLE, id))).toMatchObject({
      kind: 'NotFound',
      code: 'airtable_not_found',
    });
  });

  it('an empty batch sends nothing, one of eleven is refused', async () => {
    expect(await client.createRecords(BASE, TABLE, [])).toEqual([]);
    expect(await failureOf(client.createRecords(BASE, TABLE, Array(11).fill({})))).toMatchObject({
      kind: 'InvalidInput',
      code: 'batch_too_large',
    });
    expect(standIn.requests).toHaveLength(0);
  });

  it.each(['../meta', 'appx', '', 'appStandIn0000000/../x', 'Things'])(
    '%j is no id and gets into no path',
    async (id) => {
      const rec = 'rec00000000000000';
      const calls = [
        client.getBaseSchema(id),
        allPages(client.listRecords(id, TABLE)),
        allPages(client.listRecords(BASE, id)),
        client.getRecord(BASE, TABLE, id),
        client.createRecords(BASE, id, [{}]),
        client.updateRecords(BASE, TABLE, [{ id, fields: {} }]),
        client.deleteRecords(BASE, TABLE, [rec, id]),
      ];
      for (const call of calls)
        expect(await failureOf(call)).toMatchObject({ kind: 'InvalidInput', code: 'invalid_id' });
      expect(standIn.requests).toHaveLength(0);
    },
  );

  it('a read-only connection reads, and writes nothing', async () => {
    const { gateway } = createTestGateway(standIn, redis, { access: { writable: false } });
    const reader = await gateway.open(CONNECTION, 'interactive');
    await reader.getBaseSchema(BASE);
    const writes = [
      reader.createRecords(BASE, TABLE, [{}]),
      reader.updateRecords(BASE, TABLE, [{ id: 'rec00000000000000', fields: {} }]),
      reader.deleteRecords(BASE, TABLE, ['rec00000000000000']),
    ];
    for (const write of writes)
      expect(await failureOf(write)).toMatchObject({ kind: 'Forbidden', code: 'connection_read_only' });
    expect(standIn.requests).toHaveLength(1);
  });
});
