import { z } from 'zod';
import { startEngineServer, type EngineServer } from '../../api/v0/engine-server';
import { ANNA, WRITABLE } from './fields/field-types-fixture';

let s: EngineServer;
let base: string;
let table: string;
let thing: string;
let other: string;

const Made = z.object({ id: z.string(), tables: z.array(z.object({ id: z.string(), name: z.string() })) });
const Records = z.object({ records: z.array(z.object({ id: z.string() })) });

beforeAll(async () => {
  s = await startEngineServer();
  await s.run((tx) =>
    tx.query(
      `INSERT INTO engine_people (workspace_id, id, email, name, member) VALUES ($1, $2, $3, 'Anna', true), ($1, 'usrGone', 'gone@example.com', 'Gone', false)`,
      [s.workspaceId, ANNA.id, ANNA.email],
    ),
  );
  const made = await s.call('POST', '/meta/bases', {
    name: 'Things',
    workspaceId: s.workspaceId,
    tables: [
      { name: 'Things', fields: WRITABLE },
      { name: 'Others', fields: [{ name: 'Name', type: 'singleLineText' }] },
      { name: 'Third', fields: [{ name: 'Name', type: 'singleLineText' }] },
    ],
  });
  const { id, tables } = Made.parse(made.body);
  base = id;
  table = tables.find((t) => t.name === 'Things')?.id ?? '';
  const computed = [
    ['autoNumber', undefined],
    ['createdTime', undefined],
    ['createdBy', undefined],
    ['lastModifiedTime', undefined],
    ['lastModifiedBy', undefined],
    ['count', { recordLinkFieldId: 'multipleRecordLinks' }],
    ['multipleLookupValues', { recordLinkFieldId: 'multipleRecordLinks', fieldIdInLinkedTable: 'Name' }],
  ] as const;
  for (const [type, options] of computed) {
    const field = await s.call('POST', `/meta/bases/${base}/tables/${table}/fields`, {
      name: type,
      type,
      options,
    });
    expect(field.status).toBe(200);
  }
  thing = await add('Things', { singleLineText: 'there before' });
  other = await add('Third', { Name: 'of another table' });
});
afterAll(() => s.close());

async function add(name: string, fields: Record<string, unknown>): Promise<string> {
  const { body } = await s.call('POST', `/${base}/${name}`, { records: [{ fields }] });
  return Records.parse(body).records[0]?.id ?? '';
}

/** Everything of the base that a write could have left behind. */
async function everything(): Promise<unknown> {
  const { rows } = await s.database.admin.query(
    `SELECT (SELECT count(*) FROM engine_requests) AS requests,
       (SELECT json_agg(r ORDER BY seq) FROM engine_records r) AS records,
       (SELECT json_agg(f ORDER BY f.table_id, f.position) FROM engine_fields f) AS fields,
       (SELECT json_agg(b ORDER BY b.id) FROM engine_bases b) AS bases,
       (SELECT count(*) FROM engine_attachments) AS attachments,
       (SELECT count(*) FROM engine_tables) AS tables`,
  );
  return rows[0];
}

const AirtableError = z.object({ error: z.object({ type: z.string(), message: z.string().min(1) }) });

/** Makes a request that must be refused, in Airtable's shape, and leave no trace. */
async function refused(
  method: string,
  path: string,
  body: string,
): Promise<{ status: number; type: string }> {
  const before = await everything();
  const answer = await s.call(method, path, body);
  expect(AirtableError.safeParse(answer.body).error?.message).toBeUndefined();
  expect(await everything()).toEqual(before);
  expect(s.reported).toEqual([]);
  return { status: answer.status, type: AirtableError.parse(answer.body).error.type };
}

const LONG = JSON.stringify('x'.repeat(100_001));
const INVALID = 'INVALID_VALUE_FOR_COLUMN';
const OBJECT = 'INVALID_ATTACHMENT_OBJECT';

/** JSON as it is sent, and the error's type where it is not INVALID_VALUE_FOR_COLUMN. */
type Bad = string | readonly [json: string, type: string];
const TEXT: Bad[] = ['5', 'true', '{}', '["a"]', '[[]]', LONG, '"a\\u0000b"', '"\\ud83d"', '"\\udc00 x"'];
const NUMBER: Bad[] = ['"5"', '"1e400"', 'true', 'false', '{}', '[1]', '1e400', '-1e400', '"NaN"'];
const DATE: Bad[] = [
  '5',
  'true',
  '{}',
  '["2022-09-05"]',
  '"9/5/2022"',
  '"2022-02-30"',
  '"0000-01-01"',
  '"+012022-01-01"',
  '"-000001-01-01"',
  '"2022-09-05T99:99"',
  LONG,
];
const SELECT: Bad[] = ['5', 'true', '{}', '[["low"]]', '{"name":"low"}', LONG, '"a\\u0000"', '"\\ud83d"'];
const UNKNOWN = ['"unknown"', 'INVALID_MULTIPLE_CHOICE_OPTIONS'] as const;

const BAD: Readonly<Record<string, readonly Bad[]>> = {
  singleLineText: TEXT,
  multilineText: TEXT,
  richText: TEXT,
  email: TEXT,
  url: TEXT,
  phoneNumber: TEXT,
  number: NUMBER,
  currency: [...NUMBER, '"$5"'],
  percent: [...NUMBER, '"5%"'],
  rating: [...NUMBER, '0', '6', '-1', '1.5', '-0'],
  duration: [...NUMBER, '"1:30"'],
  checkbox: ['1', '0', '"true"', '{}', '[true]'],
  singleSelect: [...SELECT, '["low"]', UNKNOWN],
  multipleSelects: [...SELECT, '"red"', '[5]', '["\\u0000"]', ['["red","unknown"]', UNKNOWN[1]]],
  date: DATE,
  dateTime: [
    ...DATE,
    '"0000-12-31T23:59:59Z"',
    '"9999-12-31T23:59:59-01:00"',
    '"2022-09-05T07:00+99:99"',
    '"07:00"',
  ],
  singleCollaborator: [
    `"${ANNA.id}"`,
    '5',
    '{}',
    `[{"id":"${ANNA.id}"}]`,
    '{"id":5}',
    '{"id":"usrNobody"}',
    '{"email":"nobody@example.com"}',
    '{"email":"gone@example.com"}',
    '{"email":"\\u0000"}',
  ],
  multipleCollaborators: [
    `"${ANNA.id}"`,
    '5',
    `{"id":"${ANNA.id}"}`,
    '[5]',
    '[{}]',
    '["usrNobody"]',
    `[{"id":"${ANNA.id}"},{"email":"gone@example.com"}]`,
  ],
  multipleAttachments: [
    ['5', OBJECT],
    ['"https://example.com/a"', OBJECT],
    ['[5]', OBJECT],
    ['[{}]', OBJECT],
    ['[{"url":"ftp://example.com/a"}]', OBJECT],
    ['[{"id":"attAAAAAAAAAAAAAA"}]', OBJECT],
  ],
  multipleRecordLinks: [
    '5',
    '"recAAAAAAAAAAAAAA"',
    '["nobody"]',
    '[{"id":"recAAAAAAAAAAAAAA"}]',
    ['["recAAAAAAAAAAAAAA"]', 'ROW_DOES_NOT_EXIST'],
    ['OTHER', 'ROW_DOES_NOT_EXIST'],
  ],
  barcode: [
    '"123"',
    '5',
    '[]',
    '[{"text":"1"}]',
    '{"text":5}',
    '{"text":"1","type":5}',
    '{"text":"1","more":1}',
    `{"text":${LONG}}`,
    '{"text":"\\u0000"}',
    '{"text":"1","type":"\\ud83d"}',
  ],
  autoNumber: ['5', 'null', '""', '"x"'],
  createdTime: ['"2022-09-05T07:00:00.000Z"'],
  createdBy: [`{"id":"${ANNA.id}"}`],
  lastModifiedTime: ['"2022-09-05T07:00:00.000Z"'],
  lastModifiedBy: [`{"id":"${ANNA.id}"}`],
  count: ['1'],
  multipleLookupValues: ['["x"]'],
};
const CASES = Object.entries(BAD).flatMap(([name, bads]) =>
  bads.map((bad) => (typeof bad === 'string' ? ([name, bad, INVALID] as const) : ([name, ...bad] as const))),
);
const shortened = (json: string) => json.slice(0, 60);
const jsonOf = (json: string) => (json === 'OTHER' ? `["${other}"]` : json);

test('there are cases for every type of the registry', () => {
  const covered = WRITABLE.every(({ type }) => (BAD[type]?.length ?? 0) > 3);
  expect(covered).toBe(true);
});

describe.each(CASES.map(([name, json, type]) => [name, shortened(json), type, json] as const))(
  '%s refuses %s with %s',
  (name, _short, type, json) => {
    const fields = () =>
      `{"singleLineText":"fine","${name}":${jsonOf(json)}}`.replace(
        '"singleLineText":"fine","singleLineText"',
        '"singleLineText"',
      );

    test('in a create, of several records', async () => {
      const body = `{"records":[{"fields":{"singleLineText":"fine"}},{"fields":${fields()}}]}`;
      expect(await refused('POST', `/${base}/Things`, body)).toEqual({ status: 422, type });
    });

    test('in an update', async () => {
      const body = `{"fields":${fields()}}`;
      expect(await refused('PATCH', `/${base}/Things/${thing}`, body)).toEqual({ status: 422, type });
    });
  },
);

test('with typecast a value is taken, cleared or refused, and never the server’s fault', async () => {
  for (const [name, json] of CASES) {
    const answer = await s.call(
      'POST',
      `/${base}/Things`,
      `{"fields":{"${name}":${jsonOf(json)}},"typecast":true}`,
    );
    expect([200, 422]).toContain(answer.status);
  }
  expect(s.reported).toEqual([]);
});

describe('requests', () => {
  const records = (count: number) =>
    JSON.stringify({ records: Array.from({ length: count }, () => ({ fields: {} })) });
  const deep = (depth: number) => `${'['.repeat(depth)}${']'.repeat(depth)}`;
  const requests: [string, string, () => string, string, number, string][] = [
    ['11 records', 'POST', () => `/${base}/Things`, records(11), 422, 'INVALID_RECORDS'],
    ['no records', 'POST', () => `/${base}/Things`, records(0), 422, 'INVALID_RECORDS'],
    ['no fields', 'POST', () => `/${base}/Things`, '{}', 422, 'INVALID_REQUEST_MISSING_FIELDS'],
    [
      'a field that is not there',
      'POST',
      () => `/${base}/Things`,
      '{"fields":{"Nonsense":1}}',
      422,
      'UNKNOWN_FIELD_NAME',
    ],
    [
      'a field called constructor',
      'POST',
      () => `/${base}/Things`,
      '{"fields":{"constructor":1}}',
      422,
      'UNKNOWN_FIELD_NAME',
    ],
    [
      'a cell nested 20 deep',
      'POST',
      () => `/${base}/Things`,
      `{"fields":{"multipleSelects":${deep(20)}}}`,
      422,
      INVALID,
    ],
    ['JSON nested 100,000 deep', 'POST', () => `/${base}/Things`, deep(100_000), 422, 'INVALID_REQUEST_BODY'],
    ['no JSON', 'POST', () => `/${base}/Things`, '{"fields":', 400, 'INVALID_REQUEST_BODY'],
    [
      'a text of 2 MB',
      'POST',
      () => `/${base}/Things`,
      `{"fields":{"multilineText":${JSON.stringify('é'.repeat(1_000_000))}}}`,
      422,
      INVALID,
    ],
    [
      'a list of 2 MB',
      'POST',
      () => `/${base}/Things`,
      `{"fields":{"multipleSelects":${JSON.stringify(Array(200_000).fill('not there'))}}}`,
      422,
      'INVALID_MULTIPLE_CHOICE_OPTIONS',
    ],
    [
      '9 MB',
      'POST',
      () => `/${base}/Things`,
      `{"fields":{"multilineText":${JSON.stringify('x'.repeat(9_000_000))}}}`,
      413,
      'REQUEST_TOO_LARGE',
    ],
    [
      'a record that is not there',
      'PATCH',
      () => `/${base}/Things`,
      '{"records":[{"id":"recAAAAAAAAAAAAAA","fields":{}}]}',
      422,
      'ROW_DOES_NOT_EXIST',
    ],
    [
      'an upsert by a checkbox',
      'PATCH',
      () => `/${base}/Things`,
      '{"performUpsert":{"fieldsToMergeOn":["checkbox"]},"records":[{"fields":{"checkbox":true}}]}',
      422,
      'INVALID_REQUEST_UNKNOWN',
    ],
    [
      'an upsert by a count',
      'PATCH',
      () => `/${base}/Things`,
      '{"performUpsert":{"fieldsToMergeOn":["count"]},"records":[{"fields":{}}]}',
      422,
      'INVALID_REQUEST_UNKNOWN',
    ],
    [
      'a field with 10,001 options',
      'POST',
      () => `/meta/bases/${base}/tables/${table}/fields`,
      JSON.stringify({
        name: 'Many',
        type: 'singleSelect',
        options: { choices: Array.from({ length: 10_001 }, (_, i) => ({ name: `${i}` })) },
      }),
      422,
      'INVALID_FIELD_TYPE_OPTIONS_FOR_CREATE',
    ],
    [
      'options that are a list',
      'POST',
      () => `/meta/bases/${base}/tables/${table}/fields`,
      '{"name":"F","type":"number","options":[1]}',
      422,
      'INVALID_FIELD_TYPE_OPTIONS_FOR_CREATE',
    ],
    [
      'a precision past double',
      'POST',
      () => `/meta/bases/${base}/tables/${table}/fields`,
      '{"name":"F","type":"number","options":{"precision":1e400}}',
      422,
      'INVALID_FIELD_TYPE_OPTIONS_FOR_CREATE',
    ],
    [
      'a symbol with NUL',
      'POST',
      () => `/meta/bases/${base}/tables/${table}/fields`,
      '{"name":"F","type":"currency","options":{"precision":1,"symbol":"\\u0000"}}',
      422,
      'INVALID_FIELD_TYPE_OPTIONS_FOR_CREATE',
    ],
    [
      'a description of 20,001 characters',
      'POST',
      () => `/meta/bases/${base}/tables/${table}/fields`,
      JSON.stringify({ name: 'F', type: 'email', description: 'x'.repeat(20_001) }),
      422,
      'INVALID_REQUEST_UNKNOWN',
    ],
  ];
  test.each(requests)('%s: refused, nothing written', async (_, method, path, body, status, type) => {
    expect(await refused(method, path(), body)).toEqual({ status, type });
  });
});
