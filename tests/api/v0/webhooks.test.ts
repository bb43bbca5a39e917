import { createServer, type Server } from 'node:http';
import express from 'express';
import { createCalls, type BearerIdentity } from '../../../api/v0/calls';
import { createFailureHandler } from '../../../api/v0/failures';
import { createRecordRoutes } from '../../../api/v0/record-routes';
import { createWebhookRoutes } from '../../../api/v0/webhook-routes';
import { ALL_SCOPES } from '../../../contracts/scopes';
import { EngineError } from '../../../services/engine/engine-error';
import { insertWorkspace } from '../../services/engine/engine-fixture';
import {
  createWebhookFixture,
  DAY_MS,
  KEY_RING,
  type WebhookFixture,
} from '../../services/engine/webhooks-fixture';

let f: WebhookFixture;
let server: Server;
let url: string;
let otherWorkspaceId: string;
const nudged: string[] = [];

beforeAll(async () => {
  f = await createWebhookFixture();
  otherWorkspaceId = await insertWorkspace(f.database);
  const identity = (scopes: readonly string[], workspaceId = f.workspaceId): BearerIdentity => {
    return { tokenId: 'tok_test', userId: 'usr_test', workspaceId, scopes };
  };
  const tokens: Readonly<Record<string, BearerIdentity>> = {
    full: identity(ALL_SCOPES),
    unscoped: identity(ALL_SCOPES.filter((scope) => scope !== 'webhook:manage')),
    schemaOnly: identity(['webhook:manage', 'schema.bases:read']),
    stranger: identity(ALL_SCOPES, otherWorkspaceId),
  };
  const calls = createCalls({
    db: f.database.db,
    engine: f.engine,
    authenticate: async (bearer) => tokens[bearer] ?? null,
    nudge: (effect) => nudged.push(effect),
  });
  const app = express();
  app.use(express.json());
  app.use('/v0/bases', createWebhookRoutes(calls, KEY_RING));
  app.use('/v0', createRecordRoutes(calls));
  app.use(() => {
    throw new EngineError(404, 'NOT_FOUND', 'Could not find what you are looking for');
  });
  app.use(createFailureHandler(() => undefined));
  server = createServer(app);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('the server has no port');
  url = `http://127.0.0.1:${address.port}/v0`;
});
afterAll(async () => {
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
  await f.database.drop();
});
beforeEach(async () => {
  nudged.length = 0;
  await f.removeAll();
});

interface Answer {
  readonly status: number;
  readonly body: Record<string, unknown>;
}

async function call(method: string, path: string, body?: unknown, token = 'full'): Promise<Answer> {
  const response = await fetch(url + path, {
    method,
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  return { status: response.status, body: (await response.json()) as Record<string, unknown> };
}

const hooks = () => `/bases/${f.base.id}/webhooks`;
const specification = { options: { filters: { dataTypes: ['tableData'] } } };
async function create(more: Record<string, unknown> = {}): Promise<string> {
  const { body } = await call('POST', hooks(), { specification, ...more });
  return String(body['id']);
}
const addFilm = () => call('POST', `/${f.base.id}/${f.table('Films')}`, { fields: { Title: 'Ran' } });

const FORBIDDEN = {
  status: 403,
  body: {
    error: { type: 'INVALID_PERMISSIONS_OR_MODEL_NOT_FOUND', message: expect.any(String) as unknown },
  },
};
const MISSING = { status: 404, body: { error: 'NOT_FOUND' } };

it('a webhook is made, listed, switched off and on, refreshed and deleted', async () => {
  const made = await call('POST', hooks(), { notificationUrl: 'https://example.com/ping', specification });
  expect(made).toEqual({
    status: 200,
    body: {
      id: expect.stringMatching(/^ach[0-9A-Za-z]{14}$/) as unknown,
      macSecretBase64: expect.stringMatching(/^[0-9A-Za-z+/]{43}=$/) as unknown,
      expirationTime: new Date(f.clock.now().getTime() + 7 * DAY_MS).toISOString(),
    },
  });
  expect(nudged).toEqual(['notifications']);
  const path = `${hooks()}/${String(made.body['id'])}`;
  expect(await call('POST', `${path}/enableNotifications`, { enable: false })).toEqual({
    status: 200,
    body: {},
  });
  expect(await call('GET', hooks())).toMatchObject({
    status: 200,
    body: { webhooks: [{ id: made.body['id'], areNotificationsEnabled: false }] },
  });
  expect(await call('POST', `${path}/enableNotifications`, { enable: true })).toMatchObject({ status: 200 });
  expect(await call('POST', `${path}/enableNotifications`, { enable: 'yes' })).toMatchObject({ status: 422 });
  expect(await call('POST', `${path}/refresh`)).toEqual({
    status: 200,
    body: { expirationTime: made.body['expirationTime'] },
  });
  expect(await call('DELETE', path)).toMatchObject({ status: 200 });
  expect(await call('GET', hooks())).toEqual({ status: 200, body: { webhooks: [] } });
});

it('payloads are read by GET and by POST, and reading them keeps the webhook alive', async () => {
  const id = await create();
  await addFilm();
  await addFilm();
  f.clock.pass(DAY_MS);
  const first = await call('GET', `${hooks()}/${id}/payloads?cursor=1&limit=1`);
  expect(first).toMatchObject({
    status: 200,
    body: { cursor: 2, mightHaveMore: true, payloads: [{ payloadFormat: 'v0' }] },
  });
  expect(await call('POST', `${hooks()}/${id}/payloads`, { cursor: 1, limit: 1 })).toEqual(first);
  expect(await call('GET', `${hooks()}/${id}/payloads`)).toMatchObject({
    body: { cursor: 3, mightHaveMore: false },
  });
  const { body } = await call('GET', hooks());
  expect(body['webhooks']).toMatchObject([
    { expirationTime: new Date(f.clock.now().getTime() + 7 * DAY_MS).toISOString() },
  ]);
  expect(await call('GET', `${hooks()}/${id}/payloads?limit=51`)).toMatchObject({ status: 422 });
  expect(await call('GET', `${hooks()}/${id}/payloads?cursor=x`)).toMatchObject({
    status: 422,
    body: { error: { type: 'INVALID_REQUEST_UNKNOWN' } },
  });
});

it('the request log has every change of webhooks, without the secret', async () => {
  const { body } = await call('POST', hooks(), { specification });
  await call('DELETE', `${hooks()}/${String(body['id'])}`);
  const { rows } = await f.database.admin.query<{ method: string; base_id: string; result: unknown }>(
    'SELECT method, base_id, result FROM engine_requests WHERE path LIKE $1 ORDER BY seq DESC LIMIT 2',
    ['%/webhooks%'],
  );
  expect(rows).toEqual([
    { method: 'DELETE', base_id: f.base.id, result: {} },
    {
      method: 'POST',
      base_id: f.base.id,
      result: { id: body['id'], expirationTime: body['expirationTime'] },
    },
  ]);
});

it('needs webhook:manage, and the scopes of what is told', async () => {
  const id = await create();
  expect(await call('GET', hooks(), undefined, 'unscoped')).toEqual(FORBIDDEN);
  expect(await call('POST', hooks(), { specification }, 'unscoped')).toEqual(FORBIDDEN);
  expect(await call('POST', hooks(), { specification }, 'schemaOnly')).toEqual(FORBIDDEN);
  expect(await call('GET', `${hooks()}/${id}/payloads`, undefined, 'schemaOnly')).toEqual(FORBIDDEN);
  const ofFields = { options: { filters: { dataTypes: ['tableFields'] } } };
  expect(await call('POST', hooks(), { specification: ofFields }, 'schemaOnly')).toMatchObject({
    status: 200,
  });
});

describe('another’s webhook', () => {
  const ways: [method: string, tail: string, body: unknown][] = [
    ['DELETE', '', undefined],
    ['POST', '/enableNotifications', { enable: true }],
    ['POST', '/refresh', undefined],
    ['GET', '/payloads', undefined],
    ['POST', '/payloads', {}],
  ];

  it.each(ways)(
    'answers %s %s like one that is not there, and so does its base',
    async (method, tail, body) => {
      const id = await create();
      expect(await call(method, `${hooks()}/${id}${tail}`, body, 'stranger')).toEqual(FORBIDDEN);
      const other = await f.database.db.tenant(otherWorkspaceId, (tx) =>
        f.engine.createBase(tx, otherWorkspaceId, {
          name: 'Other',
          tables: [{ name: 'Table', fields: [{ name: 'Name', type: 'singleLineText' }] }],
        }),
      );
      const elsewhere = `/bases/${other.id}/webhooks`;
      for (const it of [id, 'achAAAAAAAAAAAAAA', 'nonsense']) {
        expect(await call(method, `${elsewhere}/${it}${tail}`, body, 'stranger')).toEqual(MISSING);
      }
      expect(await call('GET', hooks())).toMatchObject({ body: { webhooks: [{ id }] } });
    },
  );
});

it.each([
  ['no body', undefined],
  ['no specification', {}],
  ['a specification that is text', { specification: 'all' }],
  ['an address that is none', { specification, notificationUrl: 'nowhere' }],
])('is refused with %s', async (_what, body) => {
  expect(await call('POST', hooks(), body)).toMatchObject({
    status: 422,
    body: { error: { type: 'INVALID_REQUEST_UNKNOWN', message: expect.any(String) as unknown } },
  });
});
