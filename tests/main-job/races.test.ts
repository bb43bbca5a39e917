import { createServices, type Services } from '../../services/create-services';
import { TestApi, type Body } from '../support/api';
import { testConfig } from '../support/config';
import { pollUntil } from '../support/poll';
import { startStack, type Stack } from '../support/stack';

let stack: Stack;
let api: TestApi;
let services: Services;
let workspaceId: string;
let baseId: string;

beforeAll(async () => {
  stack = await startStack();
  api = new TestApi(stack.apiUrl, stack.sample.token);
  services = createServices(testConfig({ DATABASE_URL: stack.database.url, API_URL: stack.apiUrl }));
  ({ workspaceId, baseId } = stack.sample);
}, 120_000);
afterAll(async () => {
  await services?.close();
  await stack?.stop();
});

const live = { signal: new AbortController().signal, heartbeat: () => undefined };
const find = async (table: string, name: string) =>
  [...(await api.records(baseId, table, `{Name} = "${name}"`))].map(([id, fields]) => ({ id, fields }))[0];

it('an attempt that wakes after its edit was taken back writes nothing', async () => {
  const edit = await api.propose(workspaceId, {
    baseId,
    rules: [
      {
        kind: 'set',
        table: 'Films',
        where: '{MPAA Rating} = BLANK()',
        cells: { 'MPAA Rating': 'Not Rated' },
      },
    ],
  });
  const started = await api.post(`/v1/edits/${edit.id}/approve`, { hash: edit.hash }, { prefer: 'wait=0' });
  const operationId = String(started.body['id']);
  const landed = () =>
    stack.database.admin.query(`SELECT 1 FROM edit_changes WHERE edit_id = $1 AND state = 'landed'`, [
      edit.id,
    ]);
  await pollUntil('some of it is written', async () => ((await landed()).rowCount ?? 0) > 20);
  await api.post(`/v1/operations/${operationId}/cancel`);
  expect(await api.ended(operationId)).toMatchObject({ status: 'rolled_back' });
  await expect(
    services.edits.applyChunk({ workspaceId, editId: edit.id, operationId }, live),
  ).rejects.toMatchObject({ code: 'fenced' });
  await expect(
    services.edits.conclude({ workspaceId, editId: edit.id, operationId }, false, null),
  ).rejects.toMatchObject({ code: 'fenced' });
  expect((await api.records(baseId, 'Films', '{MPAA Rating} = BLANK()')).size).toBe(605);
  expect((await api.get(`/v1/edits/${edit.id}`)).body).toMatchObject({ state: 'rolled_back' });
});

it('an edit that moves links away and deletes what they pointed to comes back with its links, once', async () => {
  const before = await api.records(baseId, 'Films');
  const old = await find('Distributors', 'Sony/Columbia');
  const edit = await api.propose(workspaceId, {
    baseId,
    rules: [
      { kind: 'relink', table: 'Films', field: 'Distributor', from: 'Sony/Columbia', to: 'Sony Pictures' },
      { kind: 'deleteWhere', table: 'Distributors', where: '{Name} = "Sony/Columbia"' },
    ],
  });
  const outcome = { landed: 23 };
  expect(await api.approve(edit)).toMatchObject({ status: 'done', result: { outcome } });

  const [first, second] = [await api.planRevert(edit.id), await api.planRevert(edit.id)];
  expect(await api.approve(first)).toMatchObject({ status: 'done', result: { outcome } });
  const again = await find('Distributors', 'Sony/Columbia');
  expect(again?.id).not.toBe(old?.id);
  const renamed = (fields: Body) => JSON.stringify(fields).replaceAll(old?.id ?? '-', again?.id ?? '-');
  const after = await api.records(baseId, 'Films');
  for (const [id, fields] of before) expect(JSON.stringify(after.get(id))).toBe(renamed(fields));

  // The other proposal to undo the same edit finds everything restored and makes no second copy.
  await api.approve(second);
  expect((await api.records(baseId, 'Distributors', '{Name} = "Sony/Columbia"')).size).toBe(1);
}, 120_000);

it('a cell that somebody emptied before it was overwritten is empty again after the revert', async () => {
  const film = [...(await api.records(baseId, 'Films', '{MPAA Rating} = "G"')).keys()][0] ?? '';
  const edit = await api.propose(workspaceId, {
    baseId,
    changes: [{ kind: 'update', table: 'Films', recordId: film, cells: { 'MPAA Rating': 'R' } }],
  });
  await api.request('PATCH', `/v0/${baseId}/Films`, {
    records: [{ id: film, fields: { 'MPAA Rating': null } }],
  });
  expect(await api.approve(edit, { conflicts: 'overwrite' })).toMatchObject({ status: 'done' });
  expect(await api.approve(await api.planRevert(edit.id))).toMatchObject({ status: 'done' });
  expect((await api.records(baseId, 'Films', `RECORD_ID() = "${film}"`)).get(film)).not.toHaveProperty(
    'MPAA Rating',
  );
});

it('an edit that was rejected, or is not finished, has nothing to undo', async () => {
  const edit = await api.propose(workspaceId, {
    baseId,
    changes: [{ kind: 'create', table: 'Directors', cells: { Name: 'Nobody' } }],
  });
  expect(await api.post(`/v1/edits/${edit.id}/revert`)).toMatchObject({
    status: 409,
    body: { code: 'edit_not_revertible' },
  });
  await api.post(`/v1/edits/${edit.id}/reject`);
  expect(await api.post(`/v1/edits/${edit.id}/revert`)).toMatchObject({
    status: 409,
    body: { code: 'edit_not_revertible' },
  });
});

it('one message sent six times at once under one key is there once, and so is its answer', async () => {
  const chat = await api.post(`/v1/workspaces/${workspaceId}/chats`, { baseId });
  const path = `/v1/chats/${String(chat.body['id'])}`;
  const headers = { 'idempotency-key': 'six at once', prefer: 'wait=10' };
  const replies = await Promise.all(
    Array.from({ length: 6 }, () => api.post(`${path}/messages`, { text: 'help' }, headers)),
  );
  expect(new Set(replies.map((r) => r.headers.get('operation-id'))).size).toBe(1);
  const { body } = await api.get(path);
  expect((body['messages'] as Body[]).map((m) => m['role'])).toEqual(['user', 'assistant']);
});

it('approvals sent at once under one key share one outcome', async () => {
  const edit = await api.propose(workspaceId, {
    baseId,
    changes: [{ kind: 'create', table: 'Directors', cells: { Name: 'Somebody' } }],
  });
  const headers = { 'idempotency-key': `approve ${edit.id}`, prefer: 'wait=10' };
  const replies = await Promise.all(
    [1, 2, 3].map(() => api.post(`/v1/edits/${edit.id}/approve`, { hash: edit.hash }, headers)),
  );
  expect(replies.map((r) => r.status)).toEqual([201, 201, 201]);
  expect((await api.records(baseId, 'Directors', '{Name} = "Somebody"')).size).toBe(1);
});

it('the API outlives connections to PostgreSQL that are cut in the middle of transactions', async () => {
  const requests = Array.from({ length: 40 }, () => api.get(`/v1/workspaces/${workspaceId}/operations`));
  for (let i = 0; i < 5; i++) {
    await stack.database.admin.query(
      `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()`,
    );
  }
  await Promise.all(requests);
  expect(stack.api().exitCode).toBeNull();
  await pollUntil(
    'it serves again',
    async () => (await api.get(`/v1/workspaces/${workspaceId}/operations`)).status === 200,
  );
});

it('numbers beyond every change set are bad input, not a fault', async () => {
  const edit = await api.propose(workspaceId, {
    baseId,
    changes: [{ kind: 'create', table: 'Directors', cells: { Name: 'X' } }],
  });
  expect(
    (await api.post(`/v1/edits/${edit.id}/approve`, { hash: edit.hash, only: [3_000_000_000] })).status,
  ).toBe(422);
  expect((await api.get(`/v1/edits/${edit.id}/changes?cursor=3000000000`)).status).toBe(422);
});
