import { createServer, type Server } from 'node:http';
import express from 'express';
import pino from 'pino';
import { createAuthentication } from '../../api/authenticate';
import { createOperationDoor } from '../../api/operation-door';
import { createProblemHandler } from '../../api/problems';
import { createCopyRoutes } from '../../api/routes/copies';
import { createOperationRoutes } from '../../api/routes/operations';
import { ALL_SCOPES, type Scope } from '../../contracts/scopes';
import { createServices, type Services } from '../../services/create-services';
import { newId } from '../../services/ids';
import { makeSourceBase, type SourceBase } from '../services/copies/copied-base';
import { createCopyWorld, type CopyWorld } from '../services/copies/copy-world';
import { testConfig } from '../support/config';
import { createTestTemporal, type TestTemporal } from '../support/temporal';

let world: CopyWorld;
let base: SourceBase;
let temporal: TestTemporal;
let services: Services;
let server: Server;
let url: string;

beforeAll(async () => {
  [world, temporal] = await Promise.all([createCopyWorld(), createTestTemporal()]);
  base = await makeSourceBase(world);
  const config = testConfig({ DATABASE_URL: world.database.url });
  // The connection was made by the world, which opens its token too.
  services = { ...createServices(config), copies: world.copies };
  const logger = pino({ level: 'silent' });
  const context = { config, services, temporal: temporal.client, logger, uiUrl: 'http://localhost' };
  const { db, operations } = services;
  const door = createOperationDoor({
    db,
    operations,
    temporal: temporal.client,
    secret: config.jwtSecret,
    logger,
  });
  const app = express();
  app.use('/v1', express.json(), createAuthentication({ config, services }));
  app.use(createOperationRoutes(context, door));
  app.use(createCopyRoutes(context));
  app.use(createProblemHandler({ logger }));
  server = createServer(app);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('the server has no port');
  url = `http://127.0.0.1:${address.port}`;
});
afterAll(async () => {
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
  await services.close();
  await temporal.close();
  await world.close();
});

const mint = (userId: string, workspaceId: string, scopes: readonly Scope[] = ALL_SCOPES) =>
  services.db
    .system((tx) =>
      services.personalTokens.create(tx, {
        userId,
        workspaceId,
        name: newId('token'),
        scopes,
        expiresInDays: 1,
      }),
    )
    .then(({ token }) => token);

async function call(token: string, method: string, path: string, body?: unknown) {
  const response = await fetch(url + path, {
    method,
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json', prefer: 'wait=0' },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  return { status: response.status, body: (await response.json()) as Record<string, unknown> };
}

const copies = () => `/v1/workspaces/${world.target.workspaceId}/copies`;
const request = () => ({ connectionId: world.target.connectionId, baseId: base.baseId });

it('owners and admins copy bases, and nobody else', async () => {
  const { workspaceId, userId } = world.target;
  for (const role of ['editor', 'approver', 'viewer'] as const) {
    const person = await world.people.register(role);
    await world.people.join(workspaceId, { email: person.email, userId }, role);
    const refused = await call(await mint(person.userId, workspaceId), 'POST', copies(), request());
    expect(refused).toMatchObject({ status: 403, body: { code: 'missing_scope' } });
  }
  const weak = await mint(userId, workspaceId, ['data.records:write', 'connections:write']);
  expect(await call(weak, 'POST', copies(), request())).toMatchObject({ status: 403 });
});

it('a copy is started once, found by its operation, and hidden from strangers', async () => {
  const token = await mint(world.target.userId, world.target.workspaceId);
  const stranger = await mint(world.source.userId, world.source.workspaceId);
  expect(await call(stranger, 'POST', copies(), request())).toMatchObject({ status: 404 });

  const started = await call(token, 'POST', copies(), { ...request(), name: 'Our films' });
  expect(started).toMatchObject({ status: 202, body: { operation: 'copyBase', title: 'Copy a base' } });
  expect(started.body['summary']).toContain('Our films');
  expect(await call(token, 'POST', copies(), request())).toMatchObject({
    status: 409,
    body: { code: 'copy_running' },
  });
  const { rows } = await world.database.admin.query<{ id: string }>(
    'SELECT id FROM copies WHERE operation_id = $1',
    [started.body['id']],
  );
  const path = `/v1/copies/${rows[0]?.id}`;
  expect(await call(token, 'GET', path)).toMatchObject({
    status: 200,
    body: { state: 'running', baseId: base.baseId, baseName: 'Our films', operationId: started.body['id'] },
  });
  const hidden = await call(stranger, 'GET', path);
  const missing = await call(token, 'GET', `/v1/copies/${newId('copy')}`);
  const nonsense = await call(token, 'GET', '/v1/copies/nonsense');
  expect(hidden.status).toBe(404);
  for (const other of [missing, nonsense])
    expect({ ...other.body, instance: hidden.body['instance'] }).toEqual(hidden.body);
});

it('a request that makes no sense is refused before anything is done', async () => {
  const token = await mint(world.target.userId, world.target.workspaceId);
  for (const body of [
    {},
    { ...request(), baseId: 'nonsense' },
    { ...request(), name: '' },
    { ...request(), extra: 1 },
  ]) {
    expect((await call(token, 'POST', copies(), body)).status).toBe(422);
  }
  const nowhere = { ...request(), connectionId: newId('connection') };
  expect(await call(token, 'POST', copies(), nowhere)).toMatchObject({ status: 404 });
});
