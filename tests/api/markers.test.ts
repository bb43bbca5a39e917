import { createServer, type Server } from 'node:http';
import express from 'express';
import type { ApiContext } from '../../api/context';
import { createProblemHandler } from '../../api/problems';
import { createMarkerRoutes } from '../../api/routes/markers';
import { ALL_SCOPES, type Scope } from '../../contracts/scopes';
import type { Role } from '../../contracts/workspaces';
import { createAudit } from '../../services/audit/audit';
import { createPermissions } from '../../services/identity/permissions';
import { newId } from '../../services/ids';
import { createCreationWorld, type CreationWorld } from '../services/edits/creation-world';
import { createPeople } from '../support/people';

let world: CreationWorld;
let server: Server;
let url: string;
const actors = new Map<string, { userId: string; scopes: readonly Scope[] }>();

beforeAll(async () => {
  world = await createCreationWorld();
  const { db } = world.server.database;
  const people = createPeople(db);
  for (const role of ['owner', 'viewer', 'stranger'] as const) {
    const { userId } = await people.register(role);
    actors.set(role, { userId, scopes: ALL_SCOPES });
    if (role !== 'stranger') await join(userId, role);
  }
  const services: Pick<ApiContext['services'], 'permissions' | 'audit' | 'markers'> = {
    permissions: createPermissions({ db }),
    audit: createAudit(db),
    markers: world.markers,
  };
  const app = express();
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
  app.use(createMarkerRoutes({ services }));
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
beforeEach(() => world.clear());

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
const listPath = ({ workspaceId, connectionId, baseId } = world.ref) =>
  `/v1/workspaces/${workspaceId}/connections/${connectionId}/bases/${baseId}/markers`;
const tablePath = (ref = world.ref, table = world.server.table('Films')) => `${listPath(ref)}/${table}`;

it('a marker field is chosen, shown, changed and taken away, each in the audit', async () => {
  const chosen = { tableId: world.server.table('Films'), fieldId: world.markerField, warnings: [] };
  expect(await call('PUT', tablePath(), 'owner', { fieldId: world.markerField })).toMatchObject({
    status: 200,
    body: chosen,
  });
  expect(await call('GET', listPath(), 'viewer')).toMatchObject({ status: 200, body: { markers: [chosen] } });
  await call('PUT', tablePath(), 'owner', { fieldId: world.markerField });
  expect((await call('GET', listPath())).body['markers']).toHaveLength(1);
  expect(await call('DELETE', tablePath())).toEqual({ status: 204, body: {} });
  expect(await call('DELETE', tablePath())).toMatchObject({ status: 404, body: { code: 'no_marker_field' } });
  expect(await call('GET', listPath())).toMatchObject({ body: { markers: [] } });
  const { rows } = await world.server.database.admin.query<{ action: string }>(
    'SELECT action FROM audit ORDER BY seq',
  );
  expect(rows.map(({ action }) => action)).toEqual(['marker.chosen', 'marker.chosen', 'marker.removed']);
});

it('the primary field can be chosen, and it is said what that means', async () => {
  const fieldId = world.server.field('Films', 'Title');
  expect(await call('PUT', tablePath(), 'owner', { fieldId })).toMatchObject({
    status: 200,
    body: { warnings: [expect.stringContaining('primary field')] },
  });
});

it.each([
  ['a field that formats its text', () => world.server.field('Films', 'Site'), 422, 'marker_field_type'],
  ['a field of several lines', () => world.server.field('Films', 'Notes'), 422, 'marker_field_type'],
  ['a field of another table', () => world.server.field('Directors', 'Name'), 404, 'unknown_field'],
  ['what is no field', () => 'Title', 422, 'invalid_input'],
])('%s is refused', async (_what, field, status, code) => {
  expect(await call('PUT', tablePath(), 'owner', { fieldId: field() })).toMatchObject({
    status,
    body: { code },
  });
});

it('only who may change connections chooses; others’ bases are not there', async () => {
  const body = { fieldId: world.markerField };
  expect(await call('PUT', tablePath(), 'viewer', body)).toMatchObject({
    status: 403,
    body: { code: 'missing_scope' },
  });
  expect(await call('DELETE', tablePath(), 'viewer')).toMatchObject({ status: 403 });
  for (const method of ['PUT', 'DELETE'])
    expect(await call(method, tablePath(), 'stranger', method === 'PUT' ? body : undefined)).toMatchObject({
      status: 404,
    });
  expect(await call('GET', listPath(), 'stranger')).toMatchObject({ status: 404 });
  expect(await call('GET', listPath(), 'nobody')).toMatchObject({ status: 401 });
  const elsewhere = { ...world.ref, connectionId: newId('connection') };
  expect(await call('GET', listPath(elsewhere))).toMatchObject({ status: 404 });
  expect(await call('PUT', tablePath(elsewhere), 'owner', body)).toMatchObject({ status: 404 });
  expect(await call('PUT', tablePath(world.ref, 'tblNothere0000000'), 'owner', body)).toMatchObject({
    status: 404,
    body: { code: 'unknown_table' },
  });
});
