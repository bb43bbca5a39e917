import type { AirtableClient } from '../../../../services/airtable/client';
import { allPages, BASE, NAME, TABLE } from '../setup';

export const RECORD = 'recAAAAAAAAAAAAAA';
export const OTHER = 'recBBBBBBBBBBBBBB';
export const VIEW = 'viwAAAAAAAAAAAAAA';
export const COMMENT = 'comAAAAAAAAAAAAAA';
export const WEBHOOK = 'achAAAAAAAAAAAAAA';
const AT = '2026-01-01T00:00:00.000Z';

const record = { id: RECORD, createdTime: AT, fields: { [NAME]: 'Thing' } };
const other = { ...record, id: OTHER };
const field = { id: NAME, name: 'Name', type: 'singleLineText' };
const view = { id: VIEW, name: 'Grid', type: 'grid' };
const table = { id: TABLE, name: 'Things', primaryFieldId: NAME, fields: [field], views: [view] };
const comment = {
  id: COMMENT,
  text: 'hello',
  author: { id: 'usrA' },
  createdTime: AT,
  lastUpdatedTime: null,
};
const webhook = {
  id: WEBHOOK,
  areNotificationsEnabled: true,
  cursorForNextPayload: 1,
  isHookEnabled: true,
  specification: { options: { filters: { dataTypes: ['tableData'] } } },
};
const address = { baseId: BASE, tableId: TABLE, recordId: RECORD };
const checked = { recordIsInTable: true };

export interface KnownCall {
  readonly name: keyof AirtableClient;
  /** Whether it changes something, and whether sending it twice does what sending it once does. */
  readonly effect: 'read' | 'repeatable write' | 'create';
  readonly request: string;
  readonly make: (client: AirtableClient) => Promise<unknown>;
  readonly answer: unknown;
  /** Answers of a good status that are not what was asked for, besides those that no call believes. */
  readonly wrong: readonly unknown[];
}

/** Every call of the Web API once, with what Airtable would answer to it. */
export const EVERY_CALL: readonly KnownCall[] = [
  {
    name: 'whoami',
    effect: 'read',
    request: 'GET /v0/meta/whoami',
    make: (client) => client.whoami(),
    answer: { id: 'usrA', scopes: [] },
    wrong: [{ id: '' }, { scopes: [] }],
  },
  {
    name: 'listBases',
    effect: 'read',
    request: 'GET /v0/meta/bases',
    make: (client) => client.listBases(),
    answer: { bases: [{ id: BASE, name: 'Base', permissionLevel: 'create' }] },
    wrong: [{ bases: [{ id: BASE }] }, { tables: [] }],
  },
  {
    name: 'getBaseSchema',
    effect: 'read',
    request: `GET /v0/meta/bases/${BASE}/tables`,
    make: (client) => client.getBaseSchema(BASE),
    answer: { tables: [table] },
    wrong: [{ tables: [{ id: TABLE }] }],
  },
  {
    name: 'readWholeSchema',
    effect: 'read',
    request: `GET /v0/meta/bases/${BASE}/tables?include[]=visibleFieldIds`,
    make: (client) => client.readWholeSchema(BASE),
    answer: { tables: [{ ...table, views: [{ ...view, visibleFieldIds: [NAME] }] }] },
    wrong: [{ tables: [{ ...table, id: 'tbl/../x' }] }, { tables: [{ ...table, fields: [] }] }],
  },
  {
    name: 'createBase',
    effect: 'create',
    request: 'POST /v0/meta/bases',
    make: (client) =>
      client.createBase({
        name: 'B',
        workspaceId: 'wspA',
        tables: [{ name: 'T', fields: [{ name: 'Name', type: 'singleLineText' }] }],
      }),
    answer: { id: BASE, tables: [table] },
    wrong: [{ id: BASE, tables: [] }, { tables: [table] }],
  },
  {
    name: 'createTable',
    effect: 'create',
    request: `POST /v0/meta/bases/${BASE}/tables`,
    make: (client) =>
      client.createTable(BASE, { name: 'T', fields: [{ name: 'Name', type: 'singleLineText' }] }),
    answer: table,
    wrong: [
      { ...table, fields: [] },
      { ...table, id: 'x' },
    ],
  },
  {
    name: 'updateTable',
    effect: 'repeatable write',
    request: `PATCH /v0/meta/bases/${BASE}/tables/${TABLE}`,
    make: (client) => client.updateTable(BASE, TABLE, { name: 'T' }),
    answer: table,
    wrong: [{ ...table, id: 'tblOther000000000' }],
  },
  {
    name: 'createField',
    effect: 'create',
    request: `POST /v0/meta/bases/${BASE}/tables/${TABLE}/fields`,
    make: (client) => client.createField(BASE, TABLE, { name: 'Name', type: 'singleLineText' }),
    answer: field,
    wrong: [
      { ...field, type: 'number' },
      { ...field, id: 'x' },
    ],
  },
  {
    name: 'updateField',
    effect: 'repeatable write',
    request: `PATCH /v0/meta/bases/${BASE}/tables/${TABLE}/fields/${NAME}`,
    make: (client) => client.updateField(BASE, TABLE, NAME, { description: '' }),
    answer: field,
    wrong: [{ ...field, id: 'fldOther000000000' }],
  },
  {
    name: 'listRecords',
    effect: 'read',
    request: `GET /v0/${BASE}/${TABLE}?pageSize=10&returnFieldsByFieldId=true`,
    make: (client) => allPages(client.listRecords(BASE, TABLE, { pageSize: 10 })),
    answer: { records: [record] },
    wrong: [{ records: [{ id: RECORD }] }, { records: Array(101).fill(record) }],
  },
  {
    name: 'readRecordPage',
    effect: 'read',
    request: `GET /v0/${BASE}/${TABLE}?pageSize=100&returnFieldsByFieldId=true&recordMetadata[]=commentCount`,
    make: (client) => client.readRecordPage(BASE, TABLE, null),
    answer: { records: [{ ...record, commentCount: 2 }] },
    wrong: [{ records: [{ ...record, commentCount: -1 }] }],
  },
  {
    name: 'getRecord',
    effect: 'read',
    request: `GET /v0/${BASE}/${TABLE}/${RECORD}?returnFieldsByFieldId=true`,
    make: (client) => client.getRecord(BASE, TABLE, RECORD, { fieldIds: [NAME] }),
    answer: record,
    wrong: [other, { id: RECORD }],
  },
  {
    name: 'createRecords',
    effect: 'create',
    request: `POST /v0/${BASE}/${TABLE}`,
    make: (client) => client.createRecords(BASE, TABLE, [{}, {}]),
    answer: { records: [record, other] },
    wrong: [{ records: [record] }, { records: [record, record] }],
  },
  {
    name: 'updateRecords',
    effect: 'repeatable write',
    request: `PATCH /v0/${BASE}/${TABLE}`,
    make: (client) => client.updateRecords(BASE, TABLE, [record, other]),
    answer: { records: [record, other] },
    wrong: [{ records: [other, record] }, { records: [record] }],
  },
  {
    name: 'replaceRecords',
    effect: 'repeatable write',
    request: `PUT /v0/${BASE}/${TABLE}`,
    make: (client) => client.replaceRecords(BASE, TABLE, [record]),
    answer: { records: [record] },
    wrong: [{ records: [other] }, { records: [record, other] }],
  },
  {
    name: 'upsertRecords',
    effect: 'create',
    request: `PATCH /v0/${BASE}/${TABLE}`,
    make: (client) =>
      client.upsertRecords(BASE, TABLE, {
        records: [{ fields: {} }, { id: OTHER, fields: {} }],
        fieldsToMergeOn: [NAME],
      }),
    answer: { records: [record, other], createdRecords: [RECORD], updatedRecords: [OTHER] },
    wrong: [
      { records: [record, other] },
      { records: [record], createdRecords: [RECORD], updatedRecords: [] },
      { records: [record, other], createdRecords: [RECORD], updatedRecords: [] },
      { records: [record, other], createdRecords: [OTHER], updatedRecords: [RECORD] },
      { records: [record, other], createdRecords: [RECORD, OTHER], updatedRecords: [OTHER] },
    ],
  },
  {
    name: 'deleteRecords',
    effect: 'repeatable write',
    request: `DELETE /v0/${BASE}/${TABLE}?records[]=${RECORD}&records[]=${OTHER}`,
    make: (client) => client.deleteRecords(BASE, TABLE, [RECORD, OTHER]),
    answer: { records: [RECORD, OTHER].map((id) => ({ id, deleted: true })) },
    wrong: [
      { records: [{ id: RECORD, deleted: true }] },
      { records: [RECORD, OTHER].map((id) => ({ id, deleted: false })) },
      { records: [RECORD, OTHER, 'recCCCCCCCCCCCCCC'].map((id) => ({ id, deleted: true })) },
    ],
  },
  {
    name: 'syncCsv',
    effect: 'create',
    request: `POST /v0/${BASE}/${TABLE}/sync/synA`,
    make: (client) => client.syncCsv(BASE, TABLE, 'synA', 'a,b\n1,2'),
    answer: { success: true },
    wrong: [{ success: false }],
  },
  {
    name: 'listViews',
    effect: 'read',
    request: `GET /v0/meta/bases/${BASE}/views?include[]=visibleFieldIds`,
    make: (client) => client.listViews(BASE),
    answer: { views: [view] },
    wrong: [{ views: [{ id: VIEW }] }],
  },
  {
    name: 'getView',
    effect: 'read',
    request: `GET /v0/meta/bases/${BASE}/views/${VIEW}?include[]=visibleFieldIds`,
    make: (client) => client.getView(BASE, VIEW),
    answer: { ...view, visibleFieldIds: [NAME] },
    wrong: [{ ...view, id: 'viwBBBBBBBBBBBBBB' }],
  },
  {
    name: 'deleteView',
    effect: 'repeatable write',
    request: `DELETE /v0/meta/bases/${BASE}/views/${VIEW}`,
    make: (client) => client.deleteView(BASE, VIEW),
    answer: { id: VIEW, deleted: true },
    wrong: [{ id: 'viwBBBBBBBBBBBBBB', deleted: true }],
  },
  {
    name: 'deleteBase',
    effect: 'repeatable write',
    request: `DELETE /v0/meta/bases/${BASE}`,
    make: (client) => client.deleteBase(BASE),
    answer: { id: BASE, deleted: true },
    wrong: [{ id: BASE }],
  },
  {
    name: 'listComments',
    effect: 'read',
    request: `GET /v0/${BASE}/${TABLE}/${RECORD}/comments?pageSize=100`,
    make: (client) => allPages(client.listComments(address, checked)),
    answer: { comments: [comment], offset: null },
    wrong: [{ comments: [{ ...comment, id: 'com' }] }, { comments: [{ ...comment, createdTime: 'now' }] }],
  },
  {
    name: 'readCommentPage',
    effect: 'read',
    request: `GET /v0/${BASE}/${TABLE}/${RECORD}/comments?pageSize=100`,
    make: (client) => client.readCommentPage(BASE, TABLE, RECORD, null),
    answer: { comments: [comment] },
    wrong: [{ comments: [{ ...comment, author: null }] }],
  },
  {
    name: 'createComment',
    effect: 'create',
    request: `POST /v0/${BASE}/${TABLE}/${RECORD}/comments`,
    make: (client) => client.createComment(address, { text: 'hello' }, checked),
    answer: comment,
    wrong: [
      { ...comment, parentCommentId: COMMENT },
      { ...comment, text: null },
    ],
  },
  {
    name: 'updateComment',
    effect: 'repeatable write',
    request: `PATCH /v0/${BASE}/${TABLE}/${RECORD}/comments/${COMMENT}`,
    make: (client) => client.updateComment(address, COMMENT, 'hello', checked),
    answer: comment,
    wrong: [{ ...comment, id: 'comBBBBBBBBBBBBBB' }],
  },
  {
    name: 'deleteComment',
    effect: 'repeatable write',
    request: `DELETE /v0/${BASE}/${TABLE}/${RECORD}/comments/${COMMENT}`,
    make: (client) => client.deleteComment(address, COMMENT, checked),
    answer: { id: COMMENT, deleted: true },
    wrong: [{ id: 'comBBBBBBBBBBBBBB', deleted: true }],
  },
  {
    name: 'createWebhook',
    effect: 'create',
    request: `POST /v0/bases/${BASE}/webhooks`,
    make: (client) =>
      client.createWebhook(BASE, { specification: { options: { filters: { dataTypes: ['tableData'] } } } }),
    answer: { id: WEBHOOK, macSecretBase64: 'c2VjcmV0', expirationTime: AT },
    wrong: [
      { id: WEBHOOK, expirationTime: AT },
      { id: 'x', macSecretBase64: 'c2VjcmV0' },
    ],
  },
  {
    name: 'listWebhooks',
    effect: 'read',
    request: `GET /v0/bases/${BASE}/webhooks`,
    make: (client) => client.listWebhooks(BASE),
    answer: { webhooks: [webhook] },
    wrong: [{ webhooks: [{ ...webhook, cursorForNextPayload: 'x' }] }],
  },
  {
    name: 'enableNotifications',
    effect: 'repeatable write',
    request: `POST /v0/bases/${BASE}/webhooks/${WEBHOOK}/enableNotifications`,
    make: (client) => client.enableNotifications(BASE, WEBHOOK, true),
    answer: {},
    wrong: [[]],
  },
  {
    name: 'refreshWebhook',
    effect: 'repeatable write',
    request: `POST /v0/bases/${BASE}/webhooks/${WEBHOOK}/refresh`,
    make: (client) => client.refreshWebhook(BASE, WEBHOOK),
    answer: { expirationTime: AT },
    wrong: [{ expirationTime: 'soon' }],
  },
  {
    name: 'deleteWebhook',
    effect: 'repeatable write',
    request: `DELETE /v0/bases/${BASE}/webhooks/${WEBHOOK}`,
    make: (client) => client.deleteWebhook(BASE, WEBHOOK),
    answer: {},
    wrong: [[]],
  },
  {
    name: 'listPayloads',
    effect: 'read',
    request: `GET /v0/bases/${BASE}/webhooks/${WEBHOOK}/payloads?cursor=7&limit=2`,
    make: (client) => pagesOf(client.listPayloads(BASE, WEBHOOK, { cursor: 7, limit: 2 })),
    answer: { payloads: [], cursor: 7, mightHaveMore: false },
    wrong: [
      { payloads: [], cursor: 6, mightHaveMore: false },
      { payloads: [{}], cursor: 7, mightHaveMore: true },
      { payloads: Array(51).fill({}), cursor: 58, mightHaveMore: false },
    ],
  },
  {
    name: 'uploadAttachment',
    effect: 'create',
    request: `POST /v0/${BASE}/${RECORD}/${NAME}/uploadAttachment`,
    make: (client) =>
      client.uploadAttachment(BASE, RECORD, NAME, {
        filename: 'a.txt',
        contentType: 'text/plain',
        bytes: Buffer.from('a'),
      }),
    answer: { ...record, fields: { [NAME]: [{ id: 'att1' }] } },
    wrong: [
      record,
      { ...other, fields: { [NAME]: [{ id: 'att1' }] } },
      { ...record, fields: { [NAME]: [] } },
    ],
  },
];

async function pagesOf<T>(pages: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = [];
  for await (const page of pages) all.push(page);
  return all;
}
