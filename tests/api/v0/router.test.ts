import { startEngineServer, type EngineServer } from './engine-server';

let s: EngineServer;
beforeAll(async () => {
  s = await startEngineServer();
});
afterAll(async () => {
  await s.close();
  expect(s.reported).toEqual([]);
});

const error = (type: string) => ({ error: { type, message: expect.any(String) as string } });
const films = () => `/${s.base.id}/Films`;
const count = async (sql: string) => (await s.database.admin.query<{ n: number }>(sql)).rows[0]?.n;
const written = () =>
  count(
    'SELECT (SELECT count(*) FROM engine_records)::int + (SELECT count(*) FROM engine_requests)::int AS n',
  );

describe('who may what', () => {
  test('no token, a wrong one, a missing scope', async () => {
    expect(await s.call('GET', films(), undefined, '')).toEqual({
      status: 401,
      body: error('AUTHENTICATION_REQUIRED'),
    });
    expect((await s.call('GET', films(), undefined, 'nobody')).status).toBe(401);
    const refused = { status: 403, body: error('INVALID_PERMISSIONS_OR_MODEL_NOT_FOUND') };
    expect(await s.call('POST', films(), { fields: {} }, 'reader')).toEqual(refused);
    expect(await s.call('POST', '/meta/bases', {}, 'reader')).toEqual(refused);
    expect((await s.call('GET', films(), undefined, 'reader')).status).toBe(200);
  });

  test('another workspace’s base answers exactly like one that does not exist', async () => {
    const { body: made } = await s.call('POST', films(), { fields: { Title: 'mine' } });
    const { id } = made as { id: string };
    const calls: [string, string, unknown?][] = [
      ['GET', '/Films'],
      ['GET', `/Films/${id}`],
      ['POST', '/Films', { fields: { Title: 'x' } }],
      ['PATCH', '/Films', { records: [{ id, fields: { Title: 'x' } }] }],
      ['PUT', `/Films/${id}`, { fields: {} }],
      ['DELETE', `/Films/${id}`],
      ['DELETE', `/Films?records[]=${id}`],
    ];
    for (const [method, path, body] of calls) {
      const theirs = await s.call(method, `/${s.base.id}${path}`, body, 'stranger');
      expect(theirs).toEqual(await s.call(method, `/appAAAAAAAAAAAAAA${path}`, body, 'stranger'));
      expect(theirs).toEqual({ status: 403, body: error('INVALID_PERMISSIONS_OR_MODEL_NOT_FOUND') });
    }
    expect(await s.call('GET', '/meta/bases', undefined, 'stranger')).toEqual({
      status: 200,
      body: { bases: [] },
    });
    expect((await s.call('GET', `${films()}/${id}`)).body).toMatchObject({ fields: { Title: 'mine' } });
  });

  test('one base id in two workspaces is two bases', async () => {
    await s.database.db.tenant(s.otherWorkspaceId, (tx) =>
      s.engine.createBase(tx, s.otherWorkspaceId, {
        id: s.base.id,
        name: 'Theirs',
        tables: [{ name: 'Films', fields: [{ name: 'Title', type: 'singleLineText' }] }],
      }),
    );
    expect((await s.call('GET', films(), undefined, 'stranger')).body).toEqual({ records: [] });
    await s.database.db.tenant(s.otherWorkspaceId, (tx) =>
      s.engine.removeBase(tx, s.otherWorkspaceId, s.base.id),
    );
    expect((await s.call('GET', films())).status).toBe(200);
  });

  test('the token’s user', async () => {
    expect((await s.call('GET', '/meta/whoami', undefined, 'reader')).body).toEqual({
      id: 'usr_test',
      scopes: ['data.records:read', 'schema.bases:read'],
    });
  });
});

describe('bad input is refused in Airtable’s shapes, and nothing is written', () => {
  const eleven = Array.from({ length: 11 }, () => ({ fields: {} }));
  const missing = 'recAAAAAAAAAAAAAA';
  const bad: [string, string, unknown, number, string][] = [
    ['POST', '', '{"fields": {', 400, 'INVALID_REQUEST_BODY'],
    ['POST', '', 'null', 400, 'INVALID_REQUEST_BODY'],
    ['POST', '', `{"fields": {"Notes": "${'x'.repeat(9_000_000)}"}}`, 413, 'REQUEST_TOO_LARGE'],
    ['POST', '', undefined, 422, 'INVALID_REQUEST_MISSING_FIELDS'],
    ['POST', '', [], 422, 'INVALID_REQUEST_BODY'],
    ['POST', '', {}, 422, 'INVALID_REQUEST_MISSING_FIELDS'],
    ['POST', '', { fields: 5 }, 422, 'INVALID_REQUEST_UNKNOWN'],
    ['POST', '', { records: eleven }, 422, 'INVALID_RECORDS'],
    ['POST', '', { records: [] }, 422, 'INVALID_RECORDS'],
    ['POST', '', { records: 'x' }, 422, 'INVALID_RECORDS'],
    ['POST', '', { records: [{ fields: { Title: 'ok' } }, {}] }, 422, 'INVALID_REQUEST_UNKNOWN'],
    ['POST', '', { fields: {}, typecast: 'yes' }, 422, 'INVALID_REQUEST_UNKNOWN'],
    ['POST', '', '{"fields": {"Title": "a\\u0000b"}}', 422, 'INVALID_VALUE_FOR_COLUMN'],
    ['POST', '', '{"fields": {"Title": "\\ud83d"}}', 422, 'INVALID_VALUE_FOR_COLUMN'],
    ['POST', '', '{"fields": {"Rating": "\\ud83d"}, "typecast": true}', 422, 'INVALID_VALUE_FOR_COLUMN'],
    ['POST', '', '{"fields": {"Gross": 1e999}}', 422, 'INVALID_VALUE_FOR_COLUMN'],
    [
      'POST',
      '',
      `{"fields": {"Title": ${'['.repeat(5_000)}${']'.repeat(5_000)}}}`,
      422,
      'INVALID_REQUEST_BODY',
    ],
    ['POST', '', '{"fields": {"\\u0000": 1}}', 422, 'UNKNOWN_FIELD_NAME'],
    ['POST', '', '{"fields": {"__proto__": 1}}', 422, 'UNKNOWN_FIELD_NAME'],
    ['POST', '', { fields: { Director: [missing] } }, 422, 'ROW_DOES_NOT_EXIST'],
    ['PATCH', '', { records: [{ id: missing, fields: {} }] }, 422, 'ROW_DOES_NOT_EXIST'],
    ['PATCH', '', { records: [{ id: '\u0000', fields: {} }] }, 422, 'ROW_DOES_NOT_EXIST'],
    ['PATCH', '', { records: [{ fields: {} }] }, 422, 'INVALID_REQUEST_UNKNOWN'],
    [
      'PATCH',
      '',
      { performUpsert: { fieldsToMergeOn: [] }, records: [{ fields: {} }] },
      422,
      'INVALID_REQUEST_UNKNOWN',
    ],
    ['PUT', '', { records: eleven.map((r) => ({ ...r, id: missing })) }, 422, 'INVALID_RECORDS'],
    ['DELETE', '', undefined, 422, 'INVALID_RECORDS'],
    ['DELETE', `?records[]=${missing}`, undefined, 422, 'ROW_DOES_NOT_EXIST'],
    ['DELETE', `?${'records[]=recx&'.repeat(11)}`, undefined, 422, 'INVALID_RECORDS'],
    ['GET', '?pageSize=1000', undefined, 422, 'INVALID_REQUEST_UNKNOWN'],
    ['GET', '?offset=%00', undefined, 422, 'LIST_RECORDS_ITERATOR_NOT_AVAILABLE'],
    ['GET', '?view=Nope', undefined, 422, 'VIEW_NAME_NOT_FOUND'],
    ['GET', '?filterByFormula=(', undefined, 422, 'INVALID_FILTER_BY_FORMULA'],
    ['GET', '?sort[0][field]=Title&sort[0][direction]=up', undefined, 422, 'INVALID_REQUEST_UNKNOWN'],
    ['GET', `?filterByFormula=${'x'.repeat(17_000)}`, undefined, 414, 'REQUEST_URI_TOO_LONG'],
    ['POST', '/listRecords', { filterByFormula: 5 }, 422, 'INVALID_REQUEST_UNKNOWN'],
    ['GET', `/${missing}?fields[]=Title`, undefined, 422, 'INVALID_REQUEST_UNKNOWN'],
    ['GET', '/%E0%A4%A', undefined, 422, 'INVALID_REQUEST_UNKNOWN'],
  ];
  test.each(bad.map((b, i) => [i, ...b] as const))(
    'case %d: %s %.20s',
    async (_, method, path, body, status, type) => {
      const before = await written();
      expect(await s.call(method, films() + path, body)).toEqual({ status, body: error(type) });
      expect(await written()).toBe(before);
    },
  );

  test('a body that is not as compressed as it says', async () => {
    const response = await fetch(`${s.url}/v0${films()}`, {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        'content-encoding': 'gzip',
        authorization: 'Bearer full',
      },
      body: 'not gzip',
    });
    expect([response.status, await response.json()]).toEqual([400, error('INVALID_REQUEST_BODY')]);
  });

  test('records and routes that are not there', async () => {
    const notFound = { status: 404, body: { error: 'NOT_FOUND' } };
    expect(await s.call('GET', `${films()}/recAAAAAAAAAAAAAA`)).toEqual(notFound);
    expect(await s.call('PATCH', `${films()}/rec%00`, { fields: {} })).toEqual(notFound);
    expect(await s.call('DELETE', `${films()}/nonsense`)).toEqual(notFound);
    expect(await s.call('GET', '/nothing/at/all/here')).toEqual(notFound);
    expect(await s.call('GET', '/meta/nothing')).toEqual(notFound);
    expect(await s.call('DELETE', '/meta/whoami')).toEqual(notFound);
    expect(await s.call('PUT', `/bases/${s.base.id}`, { records: [] })).toEqual(notFound);
    expect((await s.call('GET', `/${s.base.id}/Nope`)).status).toBe(403);
    expect((await s.call('GET', '/app%00AAAAAAAAAAAAA/Films')).status).toBe(403);
  });
});

test('an accepted write and its log commit together, and the log cannot be changed', async () => {
  const before = (await count('SELECT count(*)::int AS n FROM engine_requests')) ?? 0;
  const body = { fields: { Title: 'logged' }, '\u0000': 'x \ud83d \\u0000' };
  const { body: answer } = await s.call('POST', films(), body);
  const { rows } = await s.database.admin.query('SELECT * FROM engine_requests ORDER BY seq DESC LIMIT 1');
  expect(rows[0]).toMatchObject({
    workspace_id: s.workspaceId,
    base_id: s.base.id,
    token_id: 'tok_test',
    method: 'POST',
    path: `/v0${films()}`,
    request: { fields: { Title: 'logged' }, '\ufffd': 'x \ufffd \\u0000' },
    result: answer,
  });
  expect(await count('SELECT count(*)::int AS n FROM engine_requests')).toBe(before + 1);
  for (const sql of ["UPDATE engine_requests SET path = ''", 'DELETE FROM engine_requests']) {
    await expect(s.run((tx) => tx.query(sql))).rejects.toThrow('permission denied');
  }
});

describe('schema', () => {
  const meta = () => `/meta/bases/${s.base.id}/tables`;

  test('of a base, with the fields that a grid shows when asked for', async () => {
    const { body } = await s.call('GET', `${meta()}?include[]=visibleFieldIds`);
    expect(body).toMatchObject({
      tables: [
        { name: 'Directors', fields: [{ name: 'Name' }, { name: 'Films', type: 'multipleRecordLinks' }] },
        {
          name: 'Films',
          views: [{ name: 'Grid view', type: 'grid', visibleFieldIds: expect.any(Array) as string[] }],
        },
      ],
    });
    expect((await s.call('GET', '/meta/bases')).body).toEqual({
      bases: [{ id: s.base.id, name: 'Films', permissionLevel: 'create' }],
    });
  });

  test('bases, tables and fields are created, renamed and described', async () => {
    const tables = [{ name: 'T', fields: [{ name: 'Name', type: 'singleLineText' }] }];
    const made = await s.call('POST', '/meta/bases', { name: 'New', workspaceId: s.workspaceId, tables });
    expect(made).toMatchObject({ status: 200, body: { tables: [{ name: 'T' }] } });
    const other = { name: 'New', workspaceId: s.otherWorkspaceId, tables };
    expect((await s.call('POST', '/meta/bases', other)).status).toBe(403);
    const table = await s.call('POST', meta(), {
      name: 'Cinemas',
      fields: [{ name: 'Name', type: 'singleLineText' }],
    });
    const { id } = table.body as { id: string };
    const link = { name: 'Shows', type: 'multipleRecordLinks', options: { linkedTableId: s.table('Films') } };
    const field = await s.call('POST', `${meta()}/${id}/fields`, link);
    const { id: fieldId, options } = field.body as { id: string; options: { inverseLinkFieldId: string } };
    const { body: schema } = await s.call('GET', meta());
    expect(JSON.stringify(schema)).toContain(`"inverseLinkFieldId":"${fieldId}"`);
    expect(options.inverseLinkFieldId).toMatch(/^fld/);
    expect(
      (await s.call('PATCH', `${meta()}/${id}`, { name: 'Houses', description: 'Where' })).body,
    ).toMatchObject({
      name: 'Houses',
      description: 'Where',
    });
    const renamed = await s.call('PATCH', `${meta()}/${id}/fields/${fieldId}`, { name: 'Showing' });
    expect(renamed.body).toMatchObject({ id: fieldId, name: 'Showing' });
    const otherOptions = { name: 'Other', options: { linkedTableId: id } };
    expect(await s.call('PATCH', `${meta()}/${id}/fields/${fieldId}`, otherOptions)).toEqual({
      status: 422,
      body: error('INVALID_REQUEST_UNKNOWN'),
    });
  });

  test('fields keep the order they were given in, whatever they refer to', async () => {
    const fields = [
      { name: 'Name', type: 'singleLineText' },
      { name: 'Changed', type: 'lastModifiedTime' },
      { name: 'Films', type: 'multipleRecordLinks', options: { linkedTableId: s.table('Films') } },
      { name: 'Made', type: 'createdTime' },
      { name: 'Size', type: 'count', options: { recordLinkFieldId: 'Films' } },
      { name: 'Last', type: 'singleLineText' },
    ];
    const names = ({ body }: { body: unknown }) =>
      (body as { fields: { name: string }[] }).fields.map((field) => field.name);
    const made = await s.call('POST', meta(), { name: 'Ordered', fields });
    expect(names(made)).toEqual(fields.map((field) => field.name));
  });

  test('a table has at most 500 fields', async () => {
    const fields = Array.from({ length: 500 }, (_, i) => ({ name: `F${i}`, type: 'singleLineText' }));
    const { body } = await s.call('POST', meta(), { name: 'Wide', fields });
    const more = { name: 'One more', type: 'singleLineText' };
    const answer = await s.call('POST', `${meta()}/${(body as { id: string }).id}/fields`, more);
    expect(answer).toEqual({ status: 422, body: error('INVALID_REQUEST_UNKNOWN') });
  });

  test('typecast makes no linked record of text that cannot be its name', async () => {
    const number = { name: 'No', type: 'number', options: { precision: 0 } };
    const { body } = await s.call('POST', meta(), { name: 'Numbered', fields: [number] });
    const { id } = body as { id: string };
    const link = { name: 'Number', type: 'multipleRecordLinks', options: { linkedTableId: id } };
    await s.call('POST', `${meta()}/${s.table('Films')}/fields`, link);
    const write = (text: string) => s.call('POST', films(), { fields: { Number: [text] }, typecast: true });
    expect(await write('abc')).toEqual({ status: 422, body: error('INVALID_VALUE_FOR_COLUMN') });
    expect((await write('7')).status).toBe(200);
    expect((await write('7')).status).toBe(200);
    const listed = await s.call('GET', `/${s.base.id}/${id}`);
    expect(listed.body).toMatchObject({ records: [{ fields: { No: 7 } }] });
  });

  test('fields with the names of properties that every object has', async () => {
    const names = ['Name', '__proto__', 'constructor', 'toString'];
    const fields = names.map((name) => ({ name, type: 'singleLineText' }));
    expect((await s.call('POST', meta(), { name: 'Odd', fields })).status).toBe(200);
    const cells = `{"Name": "n", "__proto__": "p", "constructor": "c", "toString": "t"}`;
    const made = await s.call('POST', `/${s.base.id}/Odd`, `{"fields": ${cells}}`);
    expect(made).toMatchObject({ status: 200, body: { fields: JSON.parse(cells) as object } });
    const listed = await s.call(
      'GET',
      `/${s.base.id}/Odd?filterByFormula=${encodeURIComponent("{__proto__}='p'")}`,
    );
    expect(listed.body).toEqual({ records: [made.body] });
    expect(JSON.stringify(listed.body)).toContain('"__proto__":"p"');
  });

  const refused: [unknown, string][] = [
    [{ name: 'Title', type: 'singleLineText' }, 'DUPLICATE_OR_EMPTY_FIELD_NAME'],
    [{ name: 'title', type: 'singleLineText' }, 'DUPLICATE_OR_EMPTY_FIELD_NAME'],
    [{ name: 'F', type: 'formula' }, 'UNSUPPORTED_FIELD_TYPE_FOR_CREATE'],
    [{ name: 'F', type: 'constructor' }, 'UNSUPPORTED_FIELD_TYPE_FOR_CREATE'],
    [{ name: 'F', type: 'number' }, 'INVALID_FIELD_TYPE_OPTIONS_FOR_CREATE'],
    [{ name: 'F', type: 'number', options: { precision: 9 } }, 'INVALID_FIELD_TYPE_OPTIONS_FOR_CREATE'],
    [{ name: 'F', type: 'date', options: {} }, 'INVALID_FIELD_TYPE_OPTIONS_FOR_CREATE'],
    [
      { name: 'F', type: 'singleSelect', options: { choices: [{ name: 'a' }, { name: 'a' }] } },
      'INVALID_FIELD_TYPE_OPTIONS_FOR_CREATE',
    ],
    [
      { name: 'F', type: 'multipleRecordLinks', options: { linkedTableId: 'tblAAAAAAAAAAAAAA' } },
      'INVALID_FIELD_TYPE_OPTIONS_FOR_CREATE',
    ],
    [{ name: 'a\u0000', type: 'email' }, 'INVALID_REQUEST_UNKNOWN'],
    [{ name: '  ', type: 'email' }, 'INVALID_REQUEST_UNKNOWN'],
  ];
  test.each(refused)('a field like %j is refused', async (field, type) => {
    expect(await s.call('POST', `${meta()}/${s.table('Films')}/fields`, field)).toEqual({
      status: 422,
      body: error(type),
    });
  });

  test('a table needs a name of its own and a first field that can be primary', async () => {
    const table = (name: string, type: string) => ({
      name,
      fields: [{ name: 'A', type, options: { linkedTableId: 'Films', choices: [] } }],
    });
    expect((await s.call('POST', meta(), table('FILMS', 'email'))).body).toEqual(
      error('DUPLICATE_TABLE_NAME'),
    );
    expect((await s.call('POST', meta(), table('X', 'multipleRecordLinks'))).status).toBe(422);
    expect((await s.call('POST', meta(), table('X', 'multipleSelects'))).status).toBe(422);
    expect((await s.call('POST', meta(), { name: 'X', fields: [] })).status).toBe(422);
  });
});
