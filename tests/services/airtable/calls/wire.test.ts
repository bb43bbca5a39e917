import type { Redis } from 'ioredis';
import type { AirtableClient } from '../../../../services/airtable/client';
import { resolveEndpoint } from '../../../../services/airtable/wire/endpoint';
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
import { COMMENT, OTHER, RECORD, VIEW, WEBHOOK } from './every-call';

let redis: Redis;
let standIn: AirtableStandIn;
let client: AirtableClient;
beforeAll(async () => {
  redis = connectRedis();
  standIn = await startAirtableStandIn();
  client = await createTestGateway(standIn, redis).gateway.open(CONNECTION, 'interactive');
});
beforeEach(() => standIn.reset());
afterAll(async () => {
  redis.disconnect();
  await standIn.close();
});

const ok = (body: unknown) => standIn.script({ status: 200, body });
const address = { baseId: BASE, tableId: TABLE, recordId: RECORD };
const FORBIDDEN = ANSWERS.forbidden;

describe('bodies as Airtable wants them', () => {
  it('an upsert names its fields and asks for ids', async () => {
    const record = { id: RECORD, createdTime: '2026-01-01T00:00:00.000Z', fields: {} };
    ok({ records: [record], createdRecords: [], updatedRecords: [RECORD] });
    const upsert = { records: [{ id: RECORD, fields: { [NAME]: 'x' } }], fieldsToMergeOn: ['Name'] };
    await client.upsertRecords(BASE, TABLE, { ...upsert, mode: 'replace' }, { typecast: true });
    expect(standIn.requests[0]).toMatchObject({
      method: 'PUT',
      body: {
        performUpsert: { fieldsToMergeOn: ['Name'] },
        records: upsert.records,
        returnFieldsByFieldId: true,
        typecast: true,
      },
    });
  });

  it('an upsert of records that are all named by id is repeated, since it creates none', async () => {
    const record = { id: RECORD, createdTime: '2026-01-01T00:00:00.000Z', fields: {} };
    standIn.script({ status: 502 });
    ok({ records: [record], createdRecords: [], updatedRecords: [RECORD] });
    await client.upsertRecords(BASE, TABLE, {
      records: [{ id: RECORD, fields: {} }],
      fieldsToMergeOn: [NAME],
    });
    expect(standIn.requests).toHaveLength(2);
  });

  it('rows of a sync go as comma-separated text', async () => {
    const csv = 'Name,Note\n"Ann, the first","two\nlines"\n';
    ok({ success: true });
    await client.syncCsv(BASE, TABLE, 'synAbc123', csv);
    expect(standIn.requests[0]).toMatchObject({ contentType: 'text/csv', body: csv });
  });

  it('a file goes as base64 with its name and type', async () => {
    ok({ id: RECORD, createdTime: '2026-01-01T00:00:00.000Z', fields: { [NAME]: [{ id: 'att1' }] } });
    const bytes = Buffer.from([0, 255, 10]);
    await client.uploadAttachment(BASE, RECORD, NAME, { filename: 'a.bin', contentType: 'image/png', bytes });
    const file = bytes.toString('base64');
    expect(standIn.requests[0]?.body).toEqual({ filename: 'a.bin', contentType: 'image/png', file });
  });

  it('a date dependency is changed with the table', async () => {
    const dateDependencySettings = {
      isEnabled: true,
      startDateFieldId: NAME,
      endDateFieldId: NAME,
      durationFieldId: NAME,
      reschedulingMode: 'flexible' as const,
      shouldSkipWeekendsAndHolidays: false,
      holidays: ['2026-12-25'],
    };
    ok({ id: TABLE, name: 'T', primaryFieldId: NAME, fields: [] });
    await client.updateTable(BASE, TABLE, { dateDependencySettings });
    expect(standIn.requests[0]?.body).toEqual({ dateDependencySettings });
  });
});

describe('a comment that was written as an answer', () => {
  const written = (parentCommentId?: string) => {
    const author = { id: 'usrStandIn' };
    const comment = { id: COMMENT, text: 'x', author, createdTime: '2026-01-01T00:00:00.000Z' };
    ok({ ...comment, parentCommentId });
    const options = { recordIsInTable: true };
    return client.createComment(address, { text: 'x', parentCommentId: COMMENT }, options);
  };

  it('is there, whether or not Airtable says what it answers', async () => {
    for (const parent of [COMMENT, undefined]) expect(await written(parent)).toMatchObject({ id: COMMENT });
  });

  it('is not believed to be one that answers another comment', async () => {
    expect(await failureOf(written('comOther000000000'))).toMatchObject({ code: 'ambiguous_write' });
  });
});

describe('where attachments are uploaded', () => {
  const hosts = { apiUrl: 'http://localhost:3000', airtableHosts: ['proxy.example'] };
  it.each([
    ['https://api.airtable.com', 'https://content.airtable.com'],
    ['https://proxy.example', 'https://proxy.example'],
    ['http://localhost:3000', 'http://localhost:3000'],
  ])('for %s at %s', (url, content) => {
    expect(resolveEndpoint(hosts, url).contentUrl).toBe(content);
  });
});

describe('what Airtable has for Enterprise customers only', () => {
  it.each<[string, () => Promise<unknown>]>([
    ['views', () => client.listViews(BASE)],
    ['a view', () => client.getView(BASE, VIEW)],
    ['deleting a view', () => client.deleteView(BASE, VIEW)],
    ['deleting a base', () => client.deleteBase(BASE)],
  ])('%s: its refusal is told as it is, after one request', async (_, make) => {
    standIn.always(FORBIDDEN);
    expect(await failureOf(make())).toMatchObject({ kind: 'Forbidden', code: 'connection_forbidden' });
    standIn.always(ANSWERS.notFound);
    expect(await failureOf(make())).toMatchObject({ kind: 'NotFound', code: 'airtable_not_found' });
    expect(standIn.requests).toHaveLength(2);
  });
});

describe('a thing that is gone after a repeat of our own counts as deleted', () => {
  it.each<[string, () => Promise<void>]>([
    ['records', () => client.deleteRecords(BASE, TABLE, [RECORD])],
    ['a comment', () => client.deleteComment(address, COMMENT, { recordIsInTable: true })],
    ['a webhook', () => client.deleteWebhook(BASE, WEBHOOK)],
    ['a view', () => client.deleteView(BASE, VIEW)],
    ['a base', () => client.deleteBase(BASE)],
  ])('%s', async (_, make) => {
    standIn.script({ status: 503 }, ANSWERS.notFound);
    await make();
    expect(standIn.requests).toHaveLength(2);
    standIn.script(ANSWERS.notFound);
    expect(await failureOf(make())).toMatchObject({ kind: 'NotFound' });
  });

  const table = (views: object[]) => ({ id: TABLE, name: 'T', primaryFieldId: NAME, fields: [], views });
  it.each<[string, () => Promise<void>, object, object]>([
    [
      'a view',
      () => client.deleteView(BASE, VIEW),
      { tables: [table([])] },
      { tables: [table([{ id: VIEW, name: 'V', type: 'grid' }])] },
    ],
    [
      'a base',
      () => client.deleteBase(BASE),
      { bases: [] },
      { bases: [{ id: BASE, name: 'B', permissionLevel: 'create' }] },
    ],
  ])('%s whose refusal may also mean a missing right is looked for', async (_, make, gone, there) => {
    standIn.script({ status: 503 }, FORBIDDEN);
    ok(gone);
    await make();
    standIn.script({ status: 503 }, FORBIDDEN);
    ok(there);
    expect(await failureOf(make())).toMatchObject({ code: 'connection_forbidden' });
    standIn.script({ status: 503 }, FORBIDDEN, FORBIDDEN);
    expect(await failureOf(make())).toMatchObject({ code: 'connection_forbidden' });
  });
});

describe('lists', () => {
  const comment = (n: number) => ({
    id: `com${String(n).padStart(14, '0')}`,
    text: `${n}`,
    author: { id: 'usrA' },
    createdTime: '2026-01-01T00:00:00.000Z',
  });

  it('of comments ask for the next page when it is wanted', async () => {
    const pages = client.listComments(address, { recordIsInTable: true })[Symbol.asyncIterator]();
    ok({ comments: [comment(1)], offset: 'a/b' });
    expect((await pages.next()).value).toMatchObject([{ text: '1' }]);
    expect(standIn.requests).toHaveLength(1);
    ok({ comments: [comment(2)], offset: null });
    expect((await pages.next()).value).toMatchObject([{ text: '2' }]);
    expect(standIn.requests[1]?.query.get('offset')).toBe('a/b');
    expect((await pages.next()).done).toBe(true);
    expect(standIn.requests).toHaveLength(2);
  });

  it.each<[string, object, () => Promise<unknown>]>([
    ['bases', { bases: [], offset: 'again' }, () => client.listBases()],
    ['records', { records: [], offset: 'again' }, () => allPages(client.listRecords(BASE, TABLE))],
    [
      'comments',
      { comments: [], offset: 'again' },
      () => allPages(client.listComments(address, { recordIsInTable: true })),
    ],
  ])('of %s that lead to the same page again are broken off', async (_, body, make) => {
    standIn.always({ status: 200, body });
    expect(await failureOf(make())).toMatchObject({ code: 'unexpected_answer' });
    expect(standIn.requests).toHaveLength(2);
  });

  it('of payloads end where nothing came though there might be more', async () => {
    ok({ payloads: [], cursor: 3, mightHaveMore: true });
    const pages = [];
    for await (const page of client.listPayloads(BASE, WEBHOOK, { cursor: 3 })) pages.push(page);
    expect(pages).toEqual([{ payloads: [], cursor: 3, mightHaveMore: true }]);
  });
});

describe('a record whose table is in doubt', () => {
  const record = (fields: object) => ({ id: RECORD, createdTime: '2026-01-01T00:00:00.000Z', fields });
  const field = (id: string) => ({ id, name: id, type: 'singleLineText' });
  const schema = (...own: string[]) => ({
    tables: [
      { id: TABLE, name: 'T', primaryFieldId: NAME, fields: own.map(field), views: [] },
      { id: 'tblOther000000000', name: 'O', primaryFieldId: 'fldO', fields: [field('fldO')], views: [] },
    ],
  });
  const get = () => client.getRecord(BASE, TABLE, RECORD);

  it('is judged by a schema that is read anew when the first does not know its fields', async () => {
    ok(record({ fldNew: 1 }));
    ok(schema(NAME));
    ok(schema(NAME, 'fldNew'));
    expect(await get()).toMatchObject({ fields: { fldNew: 1 } });
    expect(standIn.requests).toHaveLength(3);
  });

  it('is of another table when its fields are', async () => {
    ok(record({ fldO: 1 }));
    ok(schema(NAME));
    expect(await failureOf(get())).toMatchObject({ code: 'record_in_other_table' });
  });

  it('is looked up in the table when no schema knows its fields', async () => {
    ok(record({ fldNew: 1 }));
    ok(schema(NAME));
    ok(schema(NAME));
    ok({ records: [] });
    expect(await failureOf(get())).toMatchObject({ code: 'record_in_other_table' });
    expect(Object.fromEntries(standIn.requests[3]?.query ?? [])).toEqual({
      filterByFormula: `RECORD_ID()='${RECORD}'`,
      maxRecords: '1',
      returnFieldsByFieldId: 'true',
    });
  });

  it('is not believed to be there when the list gives another record', async () => {
    ok(record({}));
    standIn.always({ status: 200, body: { records: [{ ...record({}), id: OTHER }] } });
    expect(await failureOf(get())).toMatchObject({ code: 'unexpected_answer' });
  });

  it('is found within the deadline of the one call', async () => {
    ok(record({}));
    standIn.script({ hang: true });
    const late = client.getRecord(BASE, TABLE, RECORD, { deadlineMs: 300 });
    expect(await failureOf(late)).toMatchObject({ code: 'deadline_exceeded' });
  });
});
