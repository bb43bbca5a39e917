import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import type { Server } from 'node:http';
import express from 'express';
import { z } from 'zod';
import { createAuthentication } from '../../api/authenticate';
import { createProblemHandler } from '../../api/problems';
import { createWitness } from '../../services/witness/witness';
import { createConnectionRoutes } from '../../api/routes/connections';
import { createChangeTrail } from '../../services/audit/change-trail';
import { createAirtableGateway, type AirtableGateway } from '../../services/airtable/gateway';
import { parseKeyRing } from '../../services/encryption';
import { newId } from '../../services/ids';
import { createConnections } from '../../services/workspaces/connections';
import { ANSWERS, startAirtableStandIn, type AirtableStandIn } from '../support/airtable-standin';
import { startIdentityApp, withoutInstance, type Answer, type IdentityApp } from '../support/identity-app';

const TOKEN = 'patCanary.of-the-token';
const WRITING = ['data.records:read', 'schema.bases:read', 'data.records:write'];
const Made = z.object({ id: z.string() });

let app: IdentityApp;
let standIn: AirtableStandIn;
let gateway: AirtableGateway;
let server: Server;
let origin: string;

beforeAll(async () => {
  app = await startIdentityApp();
  standIn = await startAirtableStandIn();
  const config = { ...app.config, airtableHosts: [standIn.host] };
  const { db, redis } = app.services;
  const keyRing = parseKeyRing(`k1:${randomBytes(32).toString('base64')}`);
  const connections = createConnections({ db, keyRing, config });
  gateway = createAirtableGateway({ redis, config, connections, limits: { attempts: 1 } });
  const doors = express();
  doors.use('/v1', express.json(), createAuthentication({ config, services: app.services }));
  const witness = createWitness({
    db: app.services.db,
    gateway,
    connections,
    trail: createChangeTrail(keyRing),
  });
  doors.use(createConnectionRoutes({ services: { ...app.services, connections, gateway, witness } }));
  doors.use(createProblemHandler({ logger: { error: (entry: unknown) => app.logged.push(entry) } }));
  server = doors.listen(0, '127.0.0.1');
  await once(server, 'listening');
  origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
beforeEach(() => standIn.reset());
afterAll(async () => {
  server.close();
  server.closeAllConnections();
  await gateway.close();
  await standIn.close();
  await app.stop();
});

/** No answer ever holds a token. */
async function call(method: string, path: string, token: string, body?: unknown): Promise<Answer> {
  const response = await fetch(origin + path, {
    method,
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  const text = await response.text();
  expect(text).not.toContain(TOKEN);
  return {
    status: response.status,
    headers: response.headers,
    body: text === '' ? undefined : (JSON.parse(text) as unknown),
  };
}

const whoami = (scopes: readonly string[], id = 'usrStandIn') => ({ status: 200, body: { id, scopes } });

async function settle(name: string) {
  const person = await app.settle(name);
  return { ...person, path: `/v1/workspaces/${person.workspaceId}/connections` };
}

async function make(
  { path, accessToken }: { path: string; accessToken: string },
  more: object = {},
): Promise<string> {
  standIn.script(whoami(WRITING));
  const made = await call('POST', path, accessToken, {
    name: 'Mine',
    url: standIn.url,
    token: TOKEN,
    ...more,
  });
  expect(made.status).toBe(201);
  return Made.parse(made.body).id;
}

describe('a connection', () => {
  it('is tested, stored, read, changed, tested again and removed; what was done is in the trail', async () => {
    const ada = await settle('Ada');
    const id = await make(ada);
    const one = `${ada.path}/${id}`;
    expect((await call('GET', one, ada.accessToken)).body).toMatchObject({
      id,
      health: 'ok',
      scopes: WRITING,
      baseCount: 1,
      share: 3,
      monthlyCalls: null,
    });
    standIn.script(whoami(WRITING));
    const changed = await call('PATCH', one, ada.accessToken, {
      name: 'Ours',
      writable: true,
      share: 4,
      monthlyCalls: 1000,
      token: ` ${TOKEN}2 `,
    });
    expect(changed.body).toMatchObject({ name: 'Ours', writable: true, share: 4, monthlyCalls: 1000 });
    standIn.always(ANSWERS.unauthorized);
    const tested = await call('POST', `${one}/test`, ada.accessToken);
    expect(tested).toMatchObject({
      status: 200,
      body: { health: 'unauthorized', healthReason: 'connection_unauthorized' },
    });
    expect((await call('GET', ada.path, ada.accessToken)).body).toMatchObject({
      connections: [{ id, health: 'unauthorized' }],
    });
    expect((await call('DELETE', one, ada.accessToken)).status).toBe(204);
    expect((await call('GET', one, ada.accessToken)).status).toBe(404);
    const { rows } = await app.database.admin.query(
      'SELECT actor, action, subject, details FROM audit WHERE workspace_id = $1 ORDER BY seq',
      [ada.workspaceId],
    );
    const by = { actor: ada.userId, subject: id };
    expect(rows).toEqual([
      { ...by, action: 'connection.created', details: {} },
      { ...by, action: 'connection.renamed', details: { name: 'Ours' } },
      { ...by, action: 'connection.switched_on', details: {} },
      { ...by, action: 'connection.token_replaced', details: { otherUserAllowed: false } },
      { ...by, action: 'connection.limits_changed', details: { share: 4, monthlyCalls: 1000 } },
      { ...by, action: 'connection.removed', details: {} },
    ]);
    expect(JSON.stringify(app.logged)).not.toContain(TOKEN);
  });

  it('that fails its test is not stored, and the answer tells the class of the failure only', async () => {
    const ada = await settle('Ada');
    standIn.always({
      status: 401,
      body: { error: { type: 'X', message: `secret words ${TOKEN}` } },
    });
    const { body, status } = await call('POST', ada.path, ada.accessToken, {
      name: 'Mine',
      url: standIn.url,
      token: TOKEN,
    });
    expect([status, body]).toMatchObject([422, { code: 'connection_unauthorized' }]);
    expect(JSON.stringify(body)).not.toContain('secret words');
    expect((await call('GET', ada.path, ada.accessToken)).body).toMatchObject({ connections: [] });
  });

  it('is refused what is not well-formed, by name', async () => {
    const ada = await settle('Ada');
    const id = await make(ada);
    for (const [body, problem] of [
      [{}, 'must name what to change'],
      [{ confirmUser: true }, 'must name what to change'],
      [{ share: 6 }, 'share'],
      [{ monthlyCalls: 1.5 }, 'monthlyCalls'],
      [{ token: 'a\u200bb' }, 'token holds characters that no token has'],
      [{ health: 'ok' }, 'health is not a known field'],
    ] as const) {
      const answer = await call('PATCH', `${ada.path}/${id}`, ada.accessToken, body);
      expect(answer).toMatchObject({ status: 422, body: { code: 'invalid_input' } });
      expect(JSON.stringify(answer.body)).toContain(problem);
    }
  });

  it('of others answers like a missing or malformed one, at every door', async () => {
    const [ada, bob] = [await settle('Ada'), await settle('Bob')];
    const theirs = await make(bob);
    standIn.reset();
    const doors: ReadonlyArray<readonly [string, string, unknown?]> = [
      ['GET', ''],
      ['PATCH', '', { writable: true }],
      ['PATCH', '', { token: TOKEN }],
      ['POST', '/test'],
      ['DELETE', ''],
    ];
    for (const [method, rest, body] of doors) {
      const inOwn = await Promise.all(
        [theirs, newId('connection'), 'nonsense', '%00'].map((id) =>
          call(method, `${ada.path}/${id}${rest}`, ada.accessToken, body),
        ),
      );
      expect(inOwn[0]?.body).toMatchObject({ status: 404, code: 'connection_not_found' });
      expect(new Set(inOwn.map(withoutInstance)).size).toBe(1);
      const elsewhere = await Promise.all(
        [bob.workspaceId, newId('workspace'), 'nonsense'].map((ws) =>
          call(method, `/v1/workspaces/${ws}/connections/${theirs}${rest}`, ada.accessToken, body),
        ),
      );
      expect(elsewhere[0]?.status).toBe(404);
      expect(new Set(elsewhere.map(withoutInstance)).size).toBe(1);
    }
    expect(standIn.requests).toHaveLength(0);
  });

  it('is seen by every member, and changed by who holds connections:write', async () => {
    const [ada, bob] = [await settle('Ada'), await settle('Bob')];
    const id = await make(ada);
    await app.join(ada.workspaceId, bob, 'editor');
    const one = `${ada.path}/${id}`;
    standIn.reset();
    expect((await call('GET', one, bob.accessToken)).status).toBe(200);
    for (const [method, path, body] of [
      ['POST', ada.path, { name: 'x', url: standIn.url, token: TOKEN }],
      ['PATCH', one, { share: 1 }],
      ['POST', `${one}/test`],
      ['DELETE', one],
    ] as const) {
      expect((await call(method, path, bob.accessToken, body)).body).toMatchObject({
        status: 403,
        code: 'missing_scope',
      });
    }
    expect(standIn.requests).toHaveLength(0);
  });
});
