import { createServer, type Server } from 'node:http';
import pino from 'pino';
import { createApp } from '../../api/app';
import type { Scope } from '../../contracts/scopes';
import { ConnectionUsage } from '../../contracts/usage';
import { createServices, type Services } from '../../services/create-services';
import { newId } from '../../services/ids';
import { testConfig } from '../support/config';
import { createTestDatabase, type TestDatabase } from '../support/database';
import { createPeople } from '../support/people';
import { parsePrometheus } from '../support/prometheus-text';
import { createTestTemporal, type TestTemporal } from '../support/temporal';

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

/** A person with a workspace, a connection in it, and a way to ask as them. */
async function settle(name: string, scopes: readonly Scope[] = ['workspaces:read']) {
  const people = createPeople(database.db);
  const { userId } = await people.register(name);
  const workspaceId = await people.found(userId);
  const connectionId = newId('connection');
  await database.admin.query(
    "INSERT INTO connections (workspace_id, id, name, kind, url, token_sealed) VALUES ($1, $2, 'Mine', 'airtable', 'x', 'x')",
    [workspaceId, connectionId],
  );
  const { token } = await services.db.system((tx) =>
    services.personalTokens.create(tx, { userId, workspaceId, name: 'For a test', scopes, expiresInDays: 1 }),
  );
  const get = async (path: string) => {
    const response = await fetch(`${url}${path}`, { headers: { authorization: `Bearer ${token}` } });
    return { status: response.status, body: (await response.json()) as unknown };
  };
  return { workspaceId, connectionId, get };
}

const usagePath = (workspaceId: string, connectionId: string) =>
  `/v1/workspaces/${workspaceId}/connections/${connectionId}/usage`;

describe('GET …/connections/:connectionId/usage', () => {
  it('shows the calls of the month to whoever may read the workspace', async () => {
    const { workspaceId, connectionId, get } = await settle('Ada');
    services.usage.counterOf({ workspaceId, id: connectionId }).add({ calls: 3, metaCalls: 2, saved: 1 });
    await services.usage.flush();
    const { status, body } = await get(usagePath(workspaceId, connectionId));
    expect(status).toBe(200);
    expect(ConnectionUsage.parse(body)).toMatchObject({ connectionId, calls: 3, metaCalls: 2, saved: 1 });
  });

  it('does not tell connections of others from none', async () => {
    const [ada, bob] = [await settle('Ada'), await settle('Bob')];
    const answers = await Promise.all([
      ada.get(usagePath(ada.workspaceId, bob.connectionId)),
      ada.get(usagePath(ada.workspaceId, newId('connection'))),
      ada.get(usagePath(ada.workspaceId, 'x')),
      ada.get(usagePath(ada.workspaceId, '%00')),
    ]);
    for (const { status, body } of answers) {
      expect(status).toBe(404);
      expect(body).toMatchObject({ code: 'connection_not_found' });
    }
    expect((await ada.get(usagePath(bob.workspaceId, bob.connectionId))).status).toBe(404);
  });

  it('needs the scope workspaces:read', async () => {
    const { workspaceId, connectionId, get } = await settle('Eve', ['edits:propose']);
    expect((await get(usagePath(workspaceId, connectionId))).status).toBe(403);
  });
});

describe('GET /metrics', () => {
  it('gives Prometheus the figures of the API, to nobody in particular', async () => {
    const answer = await fetch(`${url}/metrics`);
    expect(answer.status).toBe(200);
    expect(answer.headers.get('content-type')).toBe('text/plain; version=0.0.4; charset=utf-8');
    expect(answer.headers.get('cache-control')).toBe('no-store');
    expect(answer.headers.get('x-content-type-options')).toBe('nosniff');
    expect(answer.headers.get('access-control-allow-origin')).toBeNull();
    const names = parsePrometheus(await answer.text()).map(({ name }) => name);
    for (const name of ['requests', 'cache_hits', 'cache_misses', 'saved_calls', 'local_reservations'])
      expect(names).toContain(`sagatable_gateway_${name}_total`);
    expect(names).toContain('process_resident_memory_bytes');
  });
});
