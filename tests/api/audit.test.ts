import { createServer, type Server } from 'node:http';
import pino from 'pino';
import { createApp } from '../../api/app';
import { AuditAction } from '../../contracts/audit';
import type { Scope } from '../../contracts/scopes';
import { createServices, type Services } from '../../services/create-services';
import { testConfig } from '../support/config';
import { createTestDatabase, type TestDatabase } from '../support/database';
import { createPeople } from '../support/people';
import { createTestTemporal, type TestTemporal } from '../support/temporal';

const RECORD = 'recAAAAAAAAAAAAAA';
const BASE = 'appAAAAAAAAAAAAAA';

let database: TestDatabase;
let temporal: TestTemporal;
let services: Services;
let server: Server;
let url: string;

beforeAll(async () => {
  [database, temporal] = await Promise.all([createTestDatabase(), createTestTemporal()]);
  const config = testConfig({ DATABASE_URL: database.url });
  services = createServices(config);
  const logger = pino({ level: 'silent' });
  const app = createApp({ config, services, temporal: temporal.client, logger, uiUrl: 'http://localhost' });
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
  await database.drop();
});

async function settle(name: string, scopes: readonly Scope[]) {
  const people = createPeople(database.db);
  const { userId } = await people.register(name);
  const workspaceId = await people.found(userId);
  const { token } = await services.db.system((tx) =>
    services.personalTokens.create(tx, { userId, workspaceId, name: 'For a test', scopes, expiresInDays: 1 }),
  );
  const ask = async (path: string, method = 'GET') => {
    const response = await fetch(`${url}${path}`, { method, headers: { authorization: `Bearer ${token}` } });
    const text = await response.text();
    const json = response.headers.get('content-type')?.includes('ndjson') ? {} : (JSON.parse(text) as object);
    return { status: response.status, text, body: json };
  };
  return { workspaceId, userId, ask };
}

describe('GET /v1/workspaces/:workspaceId/audit', () => {
  it('tells who did what, newest first, page by page, and by actor, action, subject and time', async () => {
    const { workspaceId, ask } = await settle('Anna', ['audit:read']);
    for (const n of [1, 2, 3])
      await services.audit.record(workspaceId, 'usr_x', `thing.${n}`, `subject-${n}`, { n });
    const path = `/v1/workspaces/${workspaceId}/audit`;
    const first = await ask(`${path}?limit=2&actor=usr_x`);
    expect(first.body).toMatchObject({
      entries: [{ action: 'thing.3' }, { action: 'thing.2', details: { n: 2 } }],
    });
    const cursor = Reflect.get(first.body, 'nextCursor') as string;
    const second = await ask(`${path}?limit=2&actor=usr_x&cursor=${cursor}`);
    expect(second.body).toMatchObject({ entries: [{ action: 'thing.1' }], nextCursor: null });
    expect((await ask(`${path}?subject=subject-2`)).body).toMatchObject({ entries: [{ action: 'thing.2' }] });
    expect((await ask(`${path}?action=thing.1`)).body).toMatchObject({ entries: [{ subject: 'subject-1' }] });
    expect((await ask(`${path}?until=2020-01-01T00:00:00Z`)).body).toMatchObject({ entries: [] });
    expect(await ask(`${path}?from=yesterday`)).toMatchObject({ status: 422 });
  });

  it('is for those who may read it, and says nothing of other workspaces', async () => {
    const { workspaceId, ask } = await settle('Ben', ['workspaces:read']);
    expect((await ask(`/v1/workspaces/${workspaceId}/audit`)).status).toBe(403);
    const other = await settle('Cleo', ['audit:read']);
    expect((await other.ask(`/v1/workspaces/${workspaceId}/audit`)).status).toBe(404);
    expect((await other.ask(`/v1/workspaces/${workspaceId}/audit/export`)).status).toBe(404);
  });
});

it('the export has every entry as a line, oldest first, and is itself in the trail', async () => {
  const { workspaceId, userId, ask } = await settle('Dora', ['audit:read']);
  for (let n = 0; n < 1_200; n++) await services.audit.record(workspaceId, userId, 'thing.done', String(n));
  const { status, text } = await ask(`/v1/workspaces/${workspaceId}/audit/export`);
  expect(status).toBe(200);
  const lines = text
    .trim()
    .split('\n')
    .map((line) => AuditAction.parse(JSON.parse(line)));
  const things = lines.filter(({ action }) => action === 'thing.done');
  expect(things.map(({ subject }) => subject)).toEqual(Array.from({ length: 1_200 }, (_, n) => String(n)));
  expect(lines.at(-1)).toMatchObject({ action: 'audit.exported', actor: userId });
});

describe('the history of a record', () => {
  it('is empty where nothing is known of it', async () => {
    const { workspaceId, ask } = await settle('Emil', ['data.records:read']);
    const path = `/v1/workspaces/${workspaceId}/bases/${BASE}/records/${RECORD}/history`;
    expect((await ask(path)).body).toEqual({ entries: [], watched: false, nextCursor: null });
    expect(await ask(`${path}?cursor=x`)).toMatchObject({ status: 422, body: { code: 'bad_cursor' } });
    expect((await ask(path.replace(RECORD, 'rec1'))).status).toBe(404);
  });

  it('is erased by those who may, and by nobody else', async () => {
    const reader = await settle('Finn', ['data.records:read', 'audit:read']);
    const path = `/v1/workspaces/${reader.workspaceId}/bases/${BASE}/records/${RECORD}/history`;
    expect((await reader.ask(path, 'DELETE')).status).toBe(403);
    const owner = await settle('Gala', ['audit:erase']);
    expect((await owner.ask(path, 'DELETE')).status).toBe(404);
    const own = path.replace(reader.workspaceId, owner.workspaceId);
    const answer = await owner.ask(own, 'DELETE');
    expect(answer).toMatchObject({ status: 200, body: { recordId: RECORD } });
    const [entry] = await services.audit.list(owner.workspaceId, { action: 'record.erased' }, 1, undefined);
    expect(entry).toMatchObject({ actor: owner.userId, subject: RECORD, details: { baseId: BASE } });
  });
});
