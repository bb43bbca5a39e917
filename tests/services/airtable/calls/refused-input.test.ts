import type { Redis } from 'ioredis';
import type { AirtableClient } from '../../../../services/airtable/client';
import { startAirtableStandIn, type AirtableStandIn } from '../../../support/airtable-standin';
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
import { COMMENT, RECORD, VIEW, WEBHOOK } from './every-call';

let redis: Redis;
let standIn: AirtableStandIn;
let client: AirtableClient;
beforeAll(async () => {
  redis = connectRedis();
  standIn = await startAirtableStandIn();
  client = await createTestGateway(standIn, redis).gateway.open(CONNECTION, 'interactive');
});
afterEach(() => expect(standIn.requests).toEqual([]));
afterAll(async () => {
  redis.disconnect();
  await standIn.close();
});

const name = { name: 'Name', type: 'singleLineText' };
const address = { baseId: BASE, tableId: TABLE, recordId: RECORD };
const upsert = (over: object) =>
  client.upsertRecords(BASE, TABLE, { records: [{ fields: {} }], fieldsToMergeOn: [NAME], ...over });
const watch = (filters: object) =>
  client.createWebhook(BASE, {
    specification: { options: { filters: { dataTypes: ['tableData'], ...filters } } },
  });
const payloads = (query: object) => client.listPayloads(BASE, WEBHOOK, query)[Symbol.asyncIterator]().next();
const sync = (csv: string) => client.syncCsv(BASE, TABLE, 'synA', csv);
const list = (query: object) => allPages(client.listRecords(BASE, TABLE, query));
const upload = (over: object) =>
  client.uploadAttachment(BASE, RECORD, NAME, {
    filename: 'a.txt',
    contentType: 'text/plain',
    bytes: new Uint8Array(1),
    ...over,
  });
const eleven = Array.from({ length: 11 }, () => ({ id: RECORD, fields: {} }));
const row = (cells: number) => Array(cells).fill('x').join(',');

describe('what Airtable’s documented limits forbid is refused before anything is sent', () => {
  it.each<[string, RegExp, () => Promise<unknown>]>([
    ['a page of 0', /pageSize must be at least 1/, () => list({ pageSize: 0 })],
    ['a page of 101', /pageSize must be at most 100/, () => list({ pageSize: 101 })],
    ['half a record', /maxRecords must be a whole number/, () => list({ maxRecords: 1.5 })],
    ['text without a zone', /timeZone/, () => list({ cellFormat: 'string', userLocale: 'en' })],
    [
      'a record as text without a locale',
      /userLocale/,
      () => client.getRecord(BASE, TABLE, RECORD, { cellFormat: 'string', timeZone: 'UTC' }),
    ],
    ['a URL of 16,000 characters', /16,000/, () => client.readRecordPage(BASE, TABLE, 'x'.repeat(16_000))],
    ['11 new records', /at most 10/, () => client.createRecords(BASE, TABLE, Array(11).fill({}))],
    ['11 updates', /at most 10/, () => client.updateRecords(BASE, TABLE, eleven)],
    ['11 replacements', /at most 10/, () => client.replaceRecords(BASE, TABLE, eleven)],
    ['11 upserts', /at most 10/, () => upsert({ records: eleven })],
    ['11 deletes', /at most 10/, () => client.deleteRecords(BASE, TABLE, Array(11).fill(RECORD))],
    ['an upsert by nothing', /1 to 3 fields/, () => upsert({ fieldsToMergeOn: [] })],
    ['an upsert by 4 fields', /1 to 3 fields/, () => upsert({ fieldsToMergeOn: ['a', 'b', 'c', 'd'] })],
    ['an upsert by a field twice', /each field once/, () => upsert({ fieldsToMergeOn: ['a', 'a'] })],
    ['an upsert of no id', /record id/, () => upsert({ records: [{ id: 'rec', fields: {} }] })],
    ['a table without fields', /1 to 500 fields/, () => client.createTable(BASE, { name: 'T', fields: [] })],
    [
      'a table of 501 fields',
      /1 to 500 fields/,
      () => client.createTable(BASE, { name: 'T', fields: Array<typeof name>(501).fill(name) }),
    ],
    [
      'two fields of one name',
      /differ/,
      () => client.createTable(BASE, { name: 'T', fields: [name, { ...name, name: 'NAME' }] }),
    ],
    [
      'a base without tables',
      /1 table/,
      () => client.createBase({ name: 'B', workspaceId: 'wspA', tables: [] }),
    ],
    [
      'two tables of one name',
      /differ/,
      () => {
        const tables = ['T', 't'].map((table) => ({ name: table, fields: [name] }));
        return client.createBase({ name: 'B', workspaceId: 'wspA', tables });
      },
    ],
    ['a name of 256 characters', /255/, () => client.updateTable(BASE, TABLE, { name: 'x'.repeat(256) })],
    ['an empty name', /not be empty/, () => client.updateField(BASE, TABLE, NAME, { name: ' ' })],
    [
      'a description of 20,001 characters',
      /20000/,
      () => client.updateField(BASE, TABLE, NAME, { description: 'x'.repeat(20_001) }),
    ],
    ['a change of nothing', /what changes/, () => client.updateTable(BASE, TABLE, {})],
    ['an empty comment', /not be empty/, () => client.createComment(address, { text: ' \n' })],
    [
      'an answer to no comment',
      /comment id/,
      () => client.createComment(address, { text: 'x', parentCommentId: RECORD }),
    ],
    ['an empty change of a comment', /not be empty/, () => client.updateComment(address, COMMENT, '')],
    ['a webhook for nothing', /tableData/, () => watch({ dataTypes: [] })],
    ['a webhook of a record', /table or view/, () => watch({ recordChangeScope: RECORD })],
    [
      'a webhook to a file',
      /http or https/,
      () =>
        client.createWebhook(BASE, {
          notificationUrl: 'file:///etc/passwd',
          specification: { options: { filters: { dataTypes: ['tableData'] } } },
        }),
    ],
    ['51 payloads', /at most 50/, () => payloads({ limit: 51 })],
    ['payloads from 0', /at least 1/, () => payloads({ cursor: 0 })],
    ['a file without a name', /not be empty/, () => upload({ filename: '' })],
    ['a file of no type', /media type/, () => upload({ contentType: 'text' })],
    ['a file of more than 5 MB', /5242880/, () => upload({ bytes: new Uint8Array(5 * 1024 ** 2 + 1) })],
    ['a CSV of names only', /one row/, () => sync('a,b\n')],
    ['a CSV of more than 2 MB', /bytes/, () => sync(`a\n${'é'.repeat(1024 ** 2)}`)],
    ['a CSV of 10,001 rows', /10001 rows/, () => sync(`a${'\nx'.repeat(10_001)}`)],
    ['a CSV of 501 columns', /501 columns/, () => sync(`${row(501)}\n${row(2)}`)],
    ['a CSV with an open quotation mark', /not closed/, () => sync('a\n"x')],
  ])('%s', async (_, message, make) => {
    const error = await failureOf(make());
    expect(error.kind).toBe('InvalidInput');
    expect(error.message).toMatch(message);
  });
});

describe('what is not the id of such a thing gets into no path', () => {
  const bad = ['', 'Things', '../meta', `${BASE}/x`, `${BASE}?a=b`, 'appx'];
  it.each<[string, (id: string) => Promise<unknown>]>([
    ['base, schema', (id) => client.readWholeSchema(id)],
    ['base, views', (id) => client.listViews(id)],
    ['base, delete', (id) => client.deleteBase(id)],
    ['base, webhooks', (id) => client.listWebhooks(id)],
    ['table, create', (id) => client.createTable(id, { name: 'T', fields: [name] })],
    ['table, update', (id) => client.updateTable(BASE, id, { name: 'T' })],
    ['table, field', (id) => client.createField(BASE, id, name)],
    ['table, replace', (id) => client.replaceRecords(BASE, id, [{ id: RECORD, fields: {} }])],
    ['table, upsert', (id) => client.upsertRecords(BASE, id, { records: [], fieldsToMergeOn: [NAME] })],
    ['table, sync', (id) => client.syncCsv(BASE, id, 'synA', 'a\nb')],
    ['sync', (id) => client.syncCsv(BASE, TABLE, id && `${id}/`, 'a\nb')],
    ['field', (id) => client.updateField(BASE, TABLE, id, { name: 'F' })],
    ['field, upload', (id) => client.uploadAttachment(BASE, RECORD, id, { ...NO_FILE })],
    ['record, upload', (id) => client.uploadAttachment(BASE, id, NAME, { ...NO_FILE })],
    ['record, comments', (id) => allPages(client.listComments({ ...address, recordId: id }))],
    ['record, comment', (id) => client.createComment({ ...address, recordId: id }, { text: 'x' })],
    ['comment', (id) => client.deleteComment(address, id)],
    ['view', (id) => client.getView(BASE, id)],
    ['view, delete', (id) => client.deleteView(BASE, id)],
    ['webhook', (id) => client.refreshWebhook(BASE, id)],
    ['webhook, payloads', (id) => client.listPayloads(BASE, id)[Symbol.asyncIterator]().next()],
  ])('%s', async (_, make) => {
    for (const id of bad)
      expect(await failureOf(make(id))).toMatchObject({ kind: 'InvalidInput', code: 'invalid_id' });
  });

  it('one kind of id is no other', async () => {
    expect(await failureOf(client.getView(BASE, WEBHOOK))).toMatchObject({ code: 'invalid_id' });
    expect(await failureOf(client.refreshWebhook(BASE, VIEW))).toMatchObject({ code: 'invalid_id' });
  });
});

const NO_FILE = { filename: 'a', contentType: 'text/plain', bytes: new Uint8Array() };
