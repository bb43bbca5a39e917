import type { Redis } from 'ioredis';
import type { AirtableClient } from '../../../../services/airtable/client';
import type { AirtableGateway } from '../../../../services/airtable/gateway';
import { ANSWERS, startAirtableStandIn, type AirtableStandIn } from '../../../support/airtable-standin';
import {
  allPages,
  BASE,
  CONNECTION,
  connectRedis,
  createTestGateway,
  failureOf,
  NAME,
  TABLE,
} from '../setup';

const record = (n: number) => `rec${String(n).padStart(14, '0')}`;
const SPENT = { kind: 'LimitReached', code: 'airtable_quota', retryable: false } as const;

describe('when Airtable’s calls of the month are spent', () => {
  let standIn: AirtableStandIn;
  let redis: Redis;
  let gateway: AirtableGateway;
  let client: AirtableClient;

  beforeAll(async () => {
    standIn = await startAirtableStandIn();
    redis = connectRedis();
    ({ gateway } = createTestGateway(standIn, redis));
    client = await gateway.open(CONNECTION, 'bulk');
  });
  beforeEach(() => {
    standIn.reset();
    for (let n = 0; n < 150; n++)
      standIn.records.set(record(n), { id: record(n), createdTime: '2026-01-01T00:00:00.000Z', fields: {} });
  });
  afterAll(async () => {
    await gateway.close();
    redis.disconnect();
    await standIn.close();
  });

  it.each<[string, (client: AirtableClient) => Promise<unknown>]>([
    ['a list', (c) => allPages(c.listRecords(BASE, TABLE))],
    ['a record', (c) => c.getRecord(BASE, TABLE, record(1), { fieldIds: [NAME] })],
    ['a page for a copy', (c) => c.readRecordPage(BASE, TABLE, null)],
    ['comments', (c) => c.readCommentPage(BASE, TABLE, record(1), null)],
    ['a creation', (c) => c.createRecords(BASE, TABLE, [{ [NAME]: 'x' }])],
    ['an update', (c) => c.updateRecords(BASE, TABLE, [{ id: record(1), fields: { [NAME]: 'x' } }])],
    ['a deletion', (c) => c.deleteRecords(BASE, TABLE, [record(1), record(2)])],
  ])('%s is asked for once and told so', async (_, ask) => {
    standIn.always(ANSWERS.billing);
    const error = await failureOf(ask(client));
    expect(error).toMatchObject(SPENT);
    expect(error.retryAfterMs).toBeUndefined();
    expect(error.details['mayHaveLanded'] ?? false).toBe(false);
    expect(standIn.requests).toHaveLength(1);
  });

  it('a list that was begun ends with what it had, and asks for no page twice', async () => {
    const read: string[] = [];
    const reading = async () => {
      for await (const page of client.listRecords(BASE, TABLE)) {
        read.push(...page.map(({ id }) => id));
        standIn.always(ANSWERS.billing);
      }
    };
    expect(await failureOf(reading())).toMatchObject(SPENT);
    expect(read).toHaveLength(100);
    expect(standIn.requests).toHaveLength(2);
  });

  it('a repeat of a write says that the first may have landed', async () => {
    standIn.script({ drop: 'after' }, ANSWERS.billing);
    const error = await failureOf(client.deleteRecords(BASE, TABLE, [record(1)]));
    expect(error).toMatchObject({ ...SPENT, details: { mayHaveLanded: true } });
    expect(standIn.requests).toHaveLength(2);
  });

  it('a deletion that goes on record by record stops at the first', async () => {
    standIn.script({ drop: 'after' }, ANSWERS.notFound, ANSWERS.billing);
    const error = await failureOf(client.deleteRecords(BASE, TABLE, [record(1), record(2), record(3)]));
    expect(error).toMatchObject({ ...SPENT, details: { mayHaveLanded: true } });
    expect(standIn.requests).toHaveLength(3);
  });

  it('other tables and bases are asked all the same: nothing rests', async () => {
    standIn.script(ANSWERS.billing);
    await failureOf(client.updateRecords(BASE, TABLE, [{ id: record(1), fields: {} }]));
    await client.getBaseSchema(BASE);
    expect(gateway.metrics()).toMatchObject({ rateLimited: 0, rateWaits: 0 });
  });
});
