import type { Redis } from 'ioredis';
import type { AirtableClient } from '../../../services/airtable/client';
import { startAirtableStandIn, type AirtableStandIn } from '../../support/airtable-standin';
import { BASE, CONNECTION, connectRedis, createTestGateway, failureOf, TABLE } from './setup';

const RECORD = 'rec00000000000000';
const COMMENT = {
  id: 'com00000000000000',
  author: { id: 'usrStandIn0000000', email: 'someone@example.com' },
  text: 'Hello @[usrStandIn0000000]',
  createdTime: '2026-01-01T00:00:00.000Z',
  lastUpdatedTime: null,
  mentioned: { usrStandIn0000000: { type: 'user', id: 'usrStandIn0000000', displayName: 'Some One' } },
};

let redis: Redis;
let standIn: AirtableStandIn;
let client: AirtableClient;

beforeAll(async () => {
  redis = connectRedis();
  standIn = await startAirtableStandIn();
  client = await createTestGateway(standIn, redis).gateway.open(CONNECTION, 'bulk');
});
afterEach(() => standIn.reset());
afterAll(async () => {
  await standIn.close();
  redis.disconnect();
});

const answers = (body: unknown) => standIn.script({ status: 200, body });
const last = () => standIn.requests.at(-1);

describe('reading a whole base', () => {
  it('asks for the schema with what views show, and keeps options as they are', async () => {
    const options = {
      choices: [{ id: 'sel00000000000000', name: 'A', color: 'redBright' }],
      more: { kept: 1 },
    };
    const field = { id: 'fldName0000000000', name: 'Name', type: 'singleSelect', options };
    const view = { id: 'viw00000000000000', name: 'Grid', type: 'grid', visibleFieldIds: [field.id] };
    const table = { id: TABLE, name: 'Things', primaryFieldId: field.id, fields: [field], views: [view] };
    answers({ tables: [table] });
    expect(await client.readWholeSchema(BASE)).toEqual({ tables: [table] });
    expect(last()?.path).toBe(`/v0/meta/bases/${BASE}/tables`);
    expect(last()?.query.getAll('include[]')).toEqual(['visibleFieldIds']);
  });

  it('asks for a page from a place that was kept, with the numbers of comments', async () => {
    const record = {
      id: RECORD,
      createdTime: '2026-01-01T00:00:00.000Z',
      fields: { fldX: 1 },
      commentCount: 2,
    };
    answers({ records: [record], offset: 'itr/rec' });
    expect(await client.readRecordPage(BASE, TABLE, null)).toEqual({ records: [record], offset: 'itr/rec' });
    expect(last()?.query.has('offset')).toBe(false);
    answers({ records: [] });
    expect(await client.readRecordPage(BASE, TABLE, 'itr/rec')).toEqual({ records: [] });
    expect(last()?.query.get('offset')).toBe('itr/rec');
    expect(last()?.query.getAll('recordMetadata[]')).toEqual(['commentCount']);
    expect(last()?.query.get('returnFieldsByFieldId')).toBe('true');
  });

  it('asks for a page of comments', async () => {
    answers({ comments: [COMMENT], offset: null });
    const page = await client.readCommentPage(BASE, TABLE, RECORD, 'later');
    expect(page.comments).toMatchObject([{ id: COMMENT.id, text: COMMENT.text, author: COMMENT.author }]);
    expect(last()?.path).toBe(`/v0/${BASE}/${TABLE}/${RECORD}/comments`);
    expect(last()?.query.get('offset')).toBe('later');
  });

  it('says that a list has to start again', async () => {
    standIn.script({ status: 422, body: { error: { type: 'LIST_RECORDS_ITERATOR_NOT_AVAILABLE' } } });
    const failure = await failureOf(client.readRecordPage(BASE, TABLE, 'stale'));
    expect(failure).toMatchObject({ kind: 'Conflict', code: 'list_expired', retryable: true });
  });

  it.each([
    [
      'a table id',
      { tables: [{ id: `tbl'--`, name: 'T', primaryFieldId: 'fldName0000000000', fields: [], views: [] }] },
    ],
    [
      'a table without fields',
      { tables: [{ id: TABLE, name: 'T', primaryFieldId: 'fldName0000000000', fields: [] }] },
    ],
  ])('believes no schema with %s that is none', async (_, body) => {
    standIn.always({ status: 200, body });
    expect(await failureOf(client.readWholeSchema(BASE))).toMatchObject({ kind: 'Upstream' });
    standIn.always();
  });

  it('lets nothing into a path that is no id', async () => {
    const failures = await Promise.all([
      failureOf(client.readWholeSchema('app/../x')),
      failureOf(client.readRecordPage(BASE, 'tbl?x=', null)),
      failureOf(client.readCommentPage(BASE, TABLE, '../comments', null)),
    ]);
    expect(failures.map(({ code }) => code)).toEqual(['invalid_id', 'invalid_id', 'invalid_id']);
    expect(standIn.requests).toEqual([]);
  });
});
