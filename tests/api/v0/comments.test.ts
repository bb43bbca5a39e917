import Airtable from 'airtable';
import { startEngineServer, type EngineServer } from './engine-server';

interface Comment {
  readonly id: string;
  readonly text: string;
}

let s: EngineServer;
beforeAll(async () => {
  s = await startEngineServer();
  s.grant('other', { userId: 'usr_other' });
  s.grant('records-only', { scopes: ['data.records:read', 'data.records:write'] });
  await s.database.admin.query(
    `INSERT INTO engine_people (workspace_id, id, email, name, member) VALUES
       ($1, 'usr_test', 'test@example.org', 'Tess', true), ($1, 'usr_other', 'Other@Example.org', NULL, true),
       ($1, 'usr_gone', 'gone@example.org', 'Gone', false), ($2, 'usr_alien', 'alien@example.org', 'Alien', true)`,
    [s.workspaceId, s.otherWorkspaceId],
  );
});
afterAll(async () => {
  await s.close();
  expect(s.reported).toEqual([]);
});

const tess = { id: 'usr_test', email: 'test@example.org', name: 'Tess' };
const error = (type: string) => ({ error: { type, message: expect.any(String) as string } });
const NOT_FOUND = { status: 404, body: { error: 'NOT_FOUND' } };

async function newRecord(): Promise<string> {
  const made = await s.call('POST', `/${s.base.id}/Films`, { fields: { Title: 'Alien' } });
  return (made.body as { id: string }).id;
}
const pathOf = (record: string, table = 'Films') => `/${s.base.id}/${table}/${record}/comments`;
async function comment(record: string, text: string, token = 'full', more = {}): Promise<Comment> {
  const made = await s.call('POST', pathOf(record), { text, ...more }, token);
  expect(made.status).toBe(200);
  return made.body as Comment;
}
const textsOf = (body: unknown) => (body as { comments: Comment[] }).comments.map(({ text }) => text);

test('a comment is written by the token’s user, changed, listed and deleted', async () => {
  const record = await newRecord();
  const made = await s.call('POST', pathOf(record), { text: 'first' });
  expect(made).toEqual({
    status: 200,
    body: {
      id: expect.stringMatching(/^com[0-9A-Za-z]{14}$/) as string,
      author: tess,
      text: 'first',
      createdTime: '2026-03-01T12:00:00.000Z',
      lastUpdatedTime: null,
    },
  });
  const { id } = made.body as Comment;
  const changed = await s.call('PATCH', `${pathOf(record)}/${id}`, { text: 'second' });
  const second = { ...(made.body as object), text: 'second', lastUpdatedTime: '2026-03-01T12:00:00.000Z' };
  expect(changed).toEqual({ status: 200, body: second });
  expect((await s.call('GET', pathOf(record))).body).toEqual({ comments: [second], offset: null });
  expect((await s.call('DELETE', `${pathOf(record)}/${id}`)).body).toEqual({ id, deleted: true });
  expect((await s.call('GET', pathOf(record))).body).toEqual({ comments: [], offset: null });
});

test('newest first, page by page, answers among them', async () => {
  const record = await newRecord();
  const first = await comment(record, 'c0');
  for (const n of [1, 2, 3, 4]) await comment(record, `c${n}`);
  await comment(record, 'answer', 'other', { parentCommentId: first.id });
  const texts: string[] = [];
  const sizes: number[] = [];
  let offset: string | null = '';
  while (offset !== null) {
    const { body } = await s.call('GET', `${pathOf(record)}?pageSize=2${offset && `&offset=${offset}`}`);
    texts.push(...textsOf(body));
    sizes.push(textsOf(body).length);
    offset = (body as { offset: string | null }).offset;
  }
  expect(texts).toEqual(['answer', 'c4', 'c3', 'c2', 'c1', 'c0']);
  expect(sizes).toEqual([2, 2, 2]);
  const { body } = await s.call('GET', pathOf(record));
  expect(body).toMatchObject({
    comments: [
      { parentCommentId: first.id, author: { id: 'usr_other', email: 'Other@Example.org' } },
      {},
      {},
      {},
      {},
      {},
    ],
  });
});

test('members are mentioned by id or e-mail; whoever else is named is only text', async () => {
  const record = await newRecord();
  const text =
    'Hi @[usr_test], @[other@example.ORG], @[usr_other]: not @[usr_gone], @[usr_alien], @[alien@example.org], @[x y] or @[]';
  const made = await s.call('POST', pathOf(record), { text });
  const mentioned = {
    usr_test: { type: 'user', id: 'usr_test', displayName: 'Tess', email: 'test@example.org' },
    usr_other: {
      type: 'user',
      id: 'usr_other',
      displayName: 'Other@Example.org',
      email: 'Other@Example.org',
    },
  };
  const resolved = text.replace('other@example.ORG', 'usr_other');
  expect(made.body).toMatchObject({ text: resolved, mentioned });
  const { id } = made.body as Comment;
  const changed = await s.call('PATCH', `${pathOf(record)}/${id}`, { text: '@[usr_other]!' });
  expect(changed.body).toMatchObject({
    text: '@[usr_other]!',
    mentioned: { usr_other: mentioned.usr_other },
  });
  const none = await s.call('PATCH', `${pathOf(record)}/${id}`, { text: 'nobody' });
  expect(none.body).not.toHaveProperty('mentioned');
});

test('only the author changes or deletes a comment', async () => {
  const record = await newRecord();
  const { id } = await comment(record, 'mine');
  const refused = { status: 403, body: error('INVALID_PERMISSIONS') };
  expect(await s.call('PATCH', `${pathOf(record)}/${id}`, { text: 'theirs' }, 'other')).toEqual(refused);
  expect(await s.call('DELETE', `${pathOf(record)}/${id}`, undefined, 'other')).toEqual(refused);
  expect(textsOf((await s.call('GET', pathOf(record), undefined, 'other')).body)).toEqual(['mine']);
});

test('comments have scopes of their own', async () => {
  const record = await newRecord();
  const refused = { status: 403, body: error('INVALID_PERMISSIONS_OR_MODEL_NOT_FOUND') };
  for (const token of ['records-only', 'stranger']) {
    expect(await s.call('GET', pathOf(record), undefined, token)).toEqual(refused);
    expect(await s.call('POST', pathOf(record), { text: 'x' }, token)).toEqual(refused);
  }
});

test('a record is found through any table of its base, and nothing is found that is not there', async () => {
  const record = await newRecord();
  const { id } = await comment(record, 'here');
  expect(textsOf((await s.call('GET', pathOf(record, 'Directors'))).body)).toEqual(['here']);
  const other = await newRecord();
  expect(await s.call('GET', pathOf('recAAAAAAAAAAAAAA'))).toEqual(NOT_FOUND);
  expect(await s.call('GET', pathOf('rec%00'))).toEqual(NOT_FOUND);
  expect(await s.call('POST', pathOf('recAAAAAAAAAAAAAA'), { text: 'x' })).toEqual(NOT_FOUND);
  expect(await s.call('PATCH', `${pathOf(other)}/${id}`, { text: 'x' })).toEqual(NOT_FOUND);
  expect(await s.call('DELETE', `${pathOf(other)}/${id}`)).toEqual(NOT_FOUND);
  expect(await s.call('DELETE', `${pathOf(record)}/com%00`)).toEqual(NOT_FOUND);
  expect((await s.call('GET', pathOf(record, 'Nope'))).status).toBe(403);
});

test.each([
  [undefined],
  [{}],
  [{ text: '' }],
  [{ text: 5 }],
  [{ text: 'a\u0000b' }],
  [{ text: '\ud83d' }],
  [{ text: 'x'.repeat(100_001) }],
  [{ text: 'x', parentCommentId: 'comAAAAAAAAAAAAAA' }],
  [{ text: 'x', parentCommentId: '\u0000' }],
])('bad comment %#: refused, nothing written', async (body) => {
  const record = await newRecord();
  expect(await s.call('POST', pathOf(record), body)).toEqual({
    status: 422,
    body: error('INVALID_REQUEST_UNKNOWN'),
  });
  expect(textsOf((await s.call('GET', pathOf(record))).body)).toEqual([]);
});

test.each(['pageSize=0', 'pageSize=101', 'pageSize=x', 'offset=nonsense', 'offset=com1-'])(
  'bad query %s',
  async (query) => {
    expect((await s.call('GET', `${pathOf(await newRecord())}?${query}`)).status).toBe(422);
  },
);

test('the longest names and most mentions that a text can hold do not stop it', async () => {
  const record = await newRecord();
  const text = Array.from({ length: 5_000 }, (_, i) => `@[nobody${i}]`).join('');
  expect((await comment(record, text)).text).toBe(text);
});

test('comments go with their record, and records tell how many they have when asked', async () => {
  const record = await newRecord();
  await comment(record, 'one');
  await comment(record, 'two', 'other');
  const base = new Airtable({ apiKey: 'full', endpointUrl: s.url }).base(s.base.id);
  const filterByFormula = `RECORD_ID() = '${record}'`;
  for (const method of ['get', 'post'] as const) {
    const [counted] = await base('Films')
      .select({ filterByFormula, recordMetadata: ['commentCount'], method })
      .all();
    expect(counted?.commentCount).toBe(2);
  }
  const { body: plain } = await s.call('GET', `/${s.base.id}/Films?pageSize=1`);
  expect((plain as { records: object[] }).records[0]).not.toHaveProperty('commentCount');
  await newRecord();
  const { body } = await s.call('GET', `/${s.base.id}/Films?recordMetadata[]=commentCount`);
  const counts = (body as { records: { commentCount: number }[] }).records.map((r) => r.commentCount);
  expect(counts.at(-1)).toBe(0);
  await s.call('DELETE', `/${s.base.id}/Films/${record}`);
  expect(await s.call('GET', pathOf(record))).toEqual(NOT_FOUND);
  const left = await s.database.admin.query('SELECT 1 FROM engine_comments WHERE record_id = $1', [record]);
  expect(left.rowCount).toBe(0);
});

test('comments of one moment come once each, page by page, newest first', async () => {
  const record = await newRecord();
  for (let n = 0; n < 101; n++) await comment(record, String(n));
  const texts: string[] = [];
  let offset = '';
  do {
    const { body } = await s.call('GET', `${pathOf(record)}?pageSize=40${offset}`);
    texts.push(...textsOf(body));
    const { offset: next } = body as { offset: string | null };
    offset = next === null ? '' : `&offset=${next}`;
  } while (offset);
  expect(texts).toEqual(Array.from({ length: 101 }, (_, n) => String(100 - n)));
});
