import { createServer, type Server } from 'node:http';
import express from 'express';
import type { ApiContext } from '../../api/context';
import { createProblemHandler } from '../../api/problems';
import { createWatchRoutes } from '../../api/routes/watches';
import type { Role } from '../../contracts/workspaces';
import { ALL_SCOPES, type Scope } from '../../contracts/scopes';
import { createAudit } from '../../services/audit/audit';
import { createPermissions } from '../../services/identity/permissions';
import { newId } from '../../services/ids';
import { createWitnessWorld, type WitnessWorld } from '../services/witness/witness-world';
import { createPeople } from '../support/people';

let world: WitnessWorld;
let server: Server;
let url: string;
/** By role: who asks. `reader` is an owner’s token that may read records only. */
const actors = new Map<string, { userId: string; scopes: readonly Scope[] }>();

beforeAll(async () => {
  world = await createWitnessWorld();
  const { db } = world.server.database;
  const people = createPeople(db);
  for (const role of ['owner', 'viewer', 'stranger'] as const) {
    const { userId } = await people.register(role);
    actors.set(role, { userId, scopes: ALL_SCOPES });
    if (role !== 'stranger') await join(userId, role);
  }
  const owner = actors.get('owner')?.userId ?? '';
  actors.set('reader', { userId: owner, scopes: ['data.records:read'] });

  const services: Pick<ApiContext['services'], 'permissions' | 'audit' | 'witness'> = {
    permissions: createPermissions({ db }),
    audit: createAudit(db),
    witness: world.witness,
  };
  const app = express();
  app.set('query parser', 'simple');
  app.use(express.json(), (req, _res, next) => {
    const actor = actors.get(req.get('x-actor') ?? '');
    if (actor)
      req.credential = {
        actor: {
          ...actor,
          scopes: [...actor.scopes],
          via: 'token',
          credentialId: 'tok',
          workspaceId: null,
          operator: false,
        },
      };
    next();
  });
  app.use(createWatchRoutes({ services: services as ApiContext['services'] }));
  app.use(createProblemHandler({ logger: { error: () => undefined } }));
  server = createServer(app);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('the server has no port');
  url = `http://127.0.0.1:${address.port}`;
}, 60_000);
afterAll(async () => {
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
  await world.close();
});
beforeEach(() => world.reset());

const join = (userId: string, role: Role) =>
  world.server.database.db.system((tx) =>
    tx.query('INSERT INTO memberships (workspace_id, user_id, role) VALUES ($1, $2, $3)', [
      world.ref.workspaceId,
      userId,
      role,
    ]),
  );

async function call(method: string, path: string, actor = 'owner', body?: unknown) {
  const response = await fetch(url + path, {
    method,
    headers: { 'x-actor': actor, 'content-type': 'application/json' },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  const text = await response.text();
  return { status: response.status, body: (text === '' ? {} : JSON.parse(text)) as Record<string, unknown> };
}
const watchPath = ({ workspaceId, connectionId, baseId } = world.ref) =>
  `/v1/workspaces/${workspaceId}/connections/${connectionId}/bases/${baseId}/watch`;
const changesPath = (query = '') =>
  `/v1/workspaces/${world.ref.workspaceId}/bases/${world.ref.baseId}/changes${query}`;

it('a watch is put, shown, changed and deleted, each in the audit', async () => {
  expect(await call('PUT', watchPath(), 'owner', {})).toMatchObject({
    status: 200,
    body: { state: 'watching', pollSeconds: 60, callsPerMonth: 43_230, error: null },
  });
  expect(await call('PUT', watchPath(), 'owner', { pollSeconds: 5 })).toMatchObject({
    body: { pollSeconds: 5, callsPerMonth: 518_430 },
  });
  expect(await call('GET', watchPath(), 'viewer')).toMatchObject({ status: 200, body: { pollSeconds: 5 } });
  expect(await call('DELETE', watchPath())).toEqual({ status: 204, body: {} });
  expect(await call('GET', watchPath())).toMatchObject({ status: 404, body: { code: 'not_watched' } });
  const { rows } = await world.server.database.admin.query<{ action: string }>(
    'SELECT action FROM audit ORDER BY seq',
  );
  expect(rows.map(({ action }) => action)).toEqual(['base.watched', 'base.watched', 'base.unwatched']);
});

it('a removal that has to wait for the source is accepted, and says so', async () => {
  await call('PUT', watchPath(), 'owner', {});
  world.onRequest = async () => ({
    status: 503,
    body: { error: { type: 'RETRIABLE_ERROR', message: 'later' } },
  });
  expect(await call('DELETE', watchPath())).toMatchObject({ status: 202, body: { state: 'removing' } });
});

it.each([
  ['a poll more often than every 5 s', { pollSeconds: 4 }],
  ['one less often than every hour', { pollSeconds: 3_601 }],
  ['what nobody knows', { every: 60 }],
])('refuses %s', async (_what, body) => {
  expect(await call('PUT', watchPath(), 'owner', body)).toMatchObject({ status: 422 });
});

it('only who may change connections watches; others’ bases are not there', async () => {
  expect(await call('PUT', watchPath(), 'viewer', {})).toMatchObject({
    status: 403,
    body: { code: 'missing_scope' },
  });
  expect(await call('DELETE', watchPath(), 'viewer')).toMatchObject({ status: 403 });
  for (const method of ['PUT', 'GET', 'DELETE'])
    expect(await call(method, watchPath(), 'stranger')).toMatchObject({ status: 404 });
  expect(await call('GET', changesPath(), 'stranger')).toMatchObject({ status: 404 });
  expect(await call('GET', watchPath(), 'nobody')).toMatchObject({ status: 401 });
  for (const ref of [
    { ...world.ref, connectionId: newId('connection') },
    { ...world.ref, connectionId: 'x' },
    { ...world.ref, baseId: 'x' },
  ])
    expect(await call('PUT', watchPath(ref), 'owner', {})).toMatchObject({ status: 404 });
});

it('who may read records reads the stream page by page, and how far it goes', async () => {
  expect(await call('GET', changesPath(), 'reader')).toMatchObject({
    status: 404,
    body: { code: 'not_watched' },
  });
  await call('PUT', watchPath(), 'owner', {});
  const [first = '', second = ''] = await world.films(2);
  await world.meddle(second, { Gross: 1 });
  await world.poll();
  const page = await call('GET', changesPath('?limit=2'), 'reader');
  expect(page).toMatchObject({
    status: 200,
    body: {
      changes: [
        { kind: 'created', recordId: first },
        { kind: 'created', recordId: second },
      ],
      watched: true,
      upTo: expect.any(String) as unknown,
      gaps: [],
    },
  });
  const rest = await call('GET', changesPath(`?limit=2&after=${String(page.body['nextCursor'])}`), 'reader');
  expect(rest.body).toMatchObject({
    changes: [{ kind: 'updated', recordId: second, actor: { id: 'usr_foreign' } }],
    nextCursor: null,
  });
  const one = await call(
    'GET',
    changesPath(`?recordId=${first}&connectionId=${world.ref.connectionId}`),
    'reader',
  );
  expect(one.body['changes']).toHaveLength(1);
  const later = new Date(Date.now() + 60_000).toISOString();
  expect((await call('GET', changesPath(`?since=${later}`), 'reader')).body['changes']).toEqual([]);
  expect(await call('GET', changesPath('?limit=0'), 'reader')).toMatchObject({ status: 422 });
});
