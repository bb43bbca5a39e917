import { newId } from '../../services/ids';
import { TestApi } from '../support/api';
import { startStack, type Stack } from '../support/stack';

let stack: Stack;
let api: TestApi;
let workspaceId: string;
let baseId: string;
let stranger: TestApi;

beforeAll(async () => {
  stack = await startStack();
  api = new TestApi(stack.apiUrl, stack.sample.token);
  ({ workspaceId, baseId } = stack.sample);
  const anonymous = new TestApi(stack.apiUrl, undefined);
  const login = { email: 'stranger@example.com', password: 'a stranger’s password' };
  expect(
    (await anonymous.post('/v1/users', { ...login, name: 'Stranger' }, { prefer: 'wait=10' })).status,
  ).toBe(201);
  stranger = new TestApi(
    stack.apiUrl,
    String((await anonymous.post('/v1/sessions', login)).body['accessToken']),
  );
}, 120_000);
afterAll(() => stack?.stop());

describe('bad input', () => {
  it.each([
    ['malformed JSON', '{"name":', 400, 'malformed_json'],
    [
      'a body nested 20,000 deep',
      `{"title":${'['.repeat(20_000)}${']'.repeat(20_000)}}`,
      422,
      'body_too_deep',
    ],
    ['an unknown field', { title: 'x', colour: 'red' }, 422, 'invalid_input'],
    ['a wrong type', { title: 7 }, 422, 'invalid_input'],
  ])('%s gets a 4xx with a code and a sentence', async (_what, body, status, code) => {
    const reply = await api.post(`/v1/workspaces/${workspaceId}/chats`, body);
    expect(reply).toMatchObject({ status, body: { code, status } });
    expect(reply.headers.get('content-type')).toContain('application/problem+json');
    expect(String(reply.body['detail']).length).toBeGreaterThan(15);
  });

  it('names the unknown field', async () => {
    const reply = await api.post(`/v1/workspaces/${workspaceId}/chats`, { colour: 'red' });
    expect(reply.body['detail']).toContain('colour');
  });

  it('a password over 72 bytes is refused in words, and nothing is started', async () => {
    const reply = await new TestApi(stack.apiUrl, undefined).post('/v1/users', {
      email: 'long@example.com',
      password: 'ä'.repeat(37),
      name: 'Long',
    });
    expect(reply).toMatchObject({ status: 422 });
    expect(reply.body['detail']).toContain('72 bytes');
  });

  it.each([
    [
      'a formula that does not parse',
      { rules: [{ kind: 'set', table: 'Films', where: 'AND(', cells: { Title: 'x' } }] },
      'formula',
    ],
    ['an unknown table', { changes: [{ kind: 'create', table: 'Filmz', cells: { Title: 'x' } }] }, 'Films'],
    ['an unknown field', { changes: [{ kind: 'create', table: 'Films', cells: { Titel: 'x' } }] }, 'Title'],
    [
      'a value of the wrong type',
      { changes: [{ kind: 'create', table: 'Films', cells: { 'IMDB Votes': 'many' } }] },
      'IMDB Votes',
    ],
    [
      'a record that is not there',
      { changes: [{ kind: 'delete', table: 'Films', recordId: 'rec00000000000000' }] },
      'rec00000000000000',
    ],
    [
      'a change that changes nothing',
      { rules: [{ kind: 'set', table: 'Films', where: 'FALSE()', cells: { Title: 'x' } }] },
      'Nothing',
    ],
  ])('%s is answered with what is wrong, and nothing is written', async (_what, proposal, word) => {
    const reply = await api.post(
      `/v1/workspaces/${workspaceId}/edits`,
      { baseId, ...proposal },
      { prefer: 'wait=10' },
    );
    expect(reply.status).toBe(422);
    expect(String(reply.body['detail']).toLowerCase()).toContain(word.toLowerCase());
    const { rows } = await stack.database.admin.query('SELECT count(*)::int AS n FROM engine_requests');
    expect(rows[0]).toEqual({ n: 0 });
  });

  it('a base that no connection reaches is not found', async () => {
    const reply = await api.post(`/v1/workspaces/${workspaceId}/edits`, {
      baseId: 'app00000000000000',
      changes: [{ kind: 'create', table: 'x', cells: {} }],
    });
    expect(reply).toMatchObject({ status: 404, body: { code: 'unknown_base' } });
  });

  it('a message of 1 MB is too large', async () => {
    const chat = await api.post(`/v1/workspaces/${workspaceId}/chats`, {});
    const reply = await api.post(`/v1/chats/${String(chat.body['id'])}/messages`, {
      text: 'x'.repeat(1_000_000),
    });
    expect(reply).toMatchObject({ status: 413, body: { code: 'body_too_large' } });
  });

  it('a change set of 50,000 changes works', async () => {
    const changes = Array.from({ length: 50_000 }, (_, i) => ({
      kind: 'create',
      table: 'Directors',
      cells: { Name: `New ${i}` },
    }));
    const edit = await api.propose(workspaceId, { baseId, changes });
    expect(edit).toMatchObject({ state: 'proposed', headline: '50,000 records created in Directors' });
    expect(
      (await api.get(`/v1/edits/${edit.id}/changes?limit=2&cursor=49996`)).body['changes'],
    ).toMatchObject([{ ordinal: 49_997 }, { ordinal: 49_998 }]);
    expect((await api.post(`/v1/edits/${edit.id}/reject`)).status).toBe(200);
  });

  it('the same Idempotency-Key gives the stored outcome for the same body, and 409 for another', async () => {
    const proposal = { baseId, changes: [{ kind: 'create', table: 'Directors', cells: { Name: 'Once' } }] };
    const key = { 'idempotency-key': 'the-same', prefer: 'wait=10' };
    const [first, second] = [
      await api.post(`/v1/workspaces/${workspaceId}/edits`, proposal, key),
      await api.post(`/v1/workspaces/${workspaceId}/edits`, proposal, key),
    ];
    expect(second).toMatchObject({ status: first.status, body: first.body });
    const other = await api.post(
      `/v1/workspaces/${workspaceId}/edits`,
      { ...proposal, note: 'another' },
      key,
    );
    expect(other).toMatchObject({ status: 409, body: { code: 'idempotency_key_reused' } });
  });
});

describe('somebody else’s things', () => {
  it('answer byte for byte like things that do not exist', async () => {
    const edit = await api.propose(workspaceId, {
      baseId,
      changes: [{ kind: 'create', table: 'Directors', cells: { Name: 'Mine' } }],
    });
    const chat = await api.post(`/v1/workspaces/${workspaceId}/chats`, {});
    const operation = (await api.get(`/v1/workspaces/${workspaceId}/operations`)).body[
      'operations'
    ] as Array<{ id: string }>;
    const pairs: Array<[string, (id: string) => string, string, string]> = [
      ...['', '/members', '/connections', '/bases', '/edits', '/operations'].map(
        (rest): [string, (id: string) => string, string, string] => [
          'GET',
          (id) => `/v1/workspaces/${id}${rest}`,
          workspaceId,
          newId('workspace'),
        ],
      ),
      ['DELETE', (id) => `/v1/workspaces/${id}`, workspaceId, newId('workspace')],
      ['POST', (id) => `/v1/workspaces/${id}/chats`, workspaceId, newId('workspace')],
      ['GET', (id) => `/v1/edits/${id}`, edit.id, newId('edit')],
      ['GET', (id) => `/v1/edits/${id}/changes`, edit.id, newId('edit')],
      ['POST', (id) => `/v1/edits/${id}/approve`, edit.id, newId('edit')],
      ['POST', (id) => `/v1/edits/${id}/reject`, edit.id, newId('edit')],
      ['POST', (id) => `/v1/edits/${id}/revert`, edit.id, newId('edit')],
      ['GET', (id) => `/v1/chats/${id}`, String(chat.body['id']), newId('chat')],
      ['GET', (id) => `/v1/chats/${id}/events`, String(chat.body['id']), newId('chat')],
      ['POST', (id) => `/v1/chats/${id}/messages`, String(chat.body['id']), newId('chat')],
      ['GET', (id) => `/v1/operations/${id}`, operation[0]?.id ?? '', newId('operation')],
      ['GET', (id) => `/v1/operations/${id}/events`, operation[0]?.id ?? '', newId('operation')],
      ['POST', (id) => `/v1/operations/${id}/cancel`, operation[0]?.id ?? '', newId('operation')],
    ];
    for (const [method, path, theirs, nobodys] of pairs) {
      const body = method === 'GET' ? undefined : {};
      const [foreign, missing] = [
        await stranger.request(method, path(theirs), body),
        await stranger.request(method, path(nobodys), body),
      ];
      const masked = (text: string) => text.replace(/"instance":"[^"]*"/, '');
      expect({ path: path('…'), status: foreign.status, text: masked(foreign.text) }).toEqual({
        path: path('…'),
        status: 404,
        text: masked(missing.text),
      });
      const malformed = await stranger.request(method, path('x'), body);
      expect({ path: path('…'), text: masked(malformed.text) }).toEqual({
        path: path('…'),
        text: masked(missing.text),
      });
    }
    const [theirs, missing] = [
      await stranger.get(`/v0/${baseId}/Films`),
      await stranger.get('/v0/app00000000000000/Films'),
    ];
    expect(theirs.text).toBe(missing.text);
  });

  it('and without a credential nothing is told at all', async () => {
    const nobody = new TestApi(stack.apiUrl, undefined);
    for (const path of [
      '/v1/workspaces',
      `/v1/workspaces/${workspaceId}`,
      '/v1/users/me',
      '/v1/planner',
      '/v1/tokens',
    ]) {
      expect(await nobody.get(path)).toMatchObject({ status: 401, body: { code: 'unauthenticated' } });
    }
    expect((await nobody.post('/codec/decode', { payloads: [] })).status).toBe(401);
    expect((await nobody.get('/temporal/api/v1/namespaces')).status).toBe(401);
    expect((await stranger.post('/codec/decode', { payloads: [] })).status).toBe(401);
  });
});
