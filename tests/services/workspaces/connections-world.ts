import { randomBytes } from 'node:crypto';
import { CreateConnectionInput, UpdateConnectionInput } from '../../../contracts/workspaces';
import { createAirtableGateway, type AirtableGateway } from '../../../services/airtable/gateway';
import { parseKeyRing } from '../../../services/encryption';
import { newId } from '../../../services/ids';
import { addConnection, changeConnection } from '../../../services/workspaces/connection-upkeep';
import { createConnections } from '../../../services/workspaces/connections';
import { startAirtableStandIn } from '../../support/airtable-standin';
import { createTestDatabase } from '../../support/database';
import { connectRedis, QUICK, randomPrefix, TOKEN } from '../airtable/setup';

export const READING = ['data.records:read', 'schema.bases:read'];
export const WRITING = [...READING, 'data.records:write'];

export const encryptionKey = (id: string) => `${id}:${randomBytes(32).toString('base64')}`;

/** What whoami answers; without scopes as Airtable to a personal access token. */
export const whoami = (scopes?: readonly string[], id = 'usrStandIn') => ({
  status: 200,
  body: { id, scopes },
});

/** A workspace whose connections lead to the stand-in, on a real database. */
export async function createConnectionsWorld() {
  const database = await createTestDatabase();
  const standIn = await startAirtableStandIn();
  const redis = connectRedis();
  const workspaceId = newId('workspace');
  const config = {
    apiUrl: 'http://localhost:3000',
    airtableHosts: [standIn.host],
    redisPrefix: randomPrefix(),
  };
  const ring = encryptionKey('k1');
  const connections = createConnections({ db: database.db, keyRing: parseKeyRing(ring), config });
  const gateways: AirtableGateway[] = [];
  await database.db.tenant(workspaceId, (tx) =>
    tx.query('INSERT INTO workspaces (workspace_id, name) VALUES ($1, $1)', [workspaceId]),
  );

  function openGateway(): AirtableGateway {
    const limits = { ...QUICK, attempts: 1 };
    const gateway = createAirtableGateway({ redis, config, connections, limits });
    gateways.push(gateway);
    return gateway;
  }
  const context = () => ({ db: database.db, connections, gateway: openGateway() });

  return {
    database,
    standIn,
    config,
    ring,
    workspaceId,
    connections,
    openGateway,
    context,
    open: (id: string) => openGateway().open({ workspaceId, id }, 'interactive'),
    /** Saves a connection whose token has these scopes; undefined: they are not told. */
    async add(scopes: readonly string[] | undefined, more: object = {}) {
      standIn.script(whoami(scopes));
      const input = CreateConnectionInput.parse({ name: 'Mine', url: standIn.url, token: TOKEN, ...more });
      return addConnection(context(), workspaceId, input);
    },
    change: (id: string, input: object) =>
      changeConnection(context(), workspaceId, id, UpdateConnectionInput.parse(input)),
    get: (id: string) => connections.get(workspaceId, id),
    /** As if the last test had been begun long ago. */
    forgetTest: (id: string) =>
      database.admin.query('UPDATE connections SET test_started_at = NULL WHERE id = $1', [id]),
    async close() {
      await Promise.all(gateways.map((gateway) => gateway.close()));
      redis.disconnect();
      await standIn.close();
      await database.drop();
    },
  };
}

export type ConnectionsWorld = Awaited<ReturnType<typeof createConnectionsWorld>>;
