import { Redis } from 'ioredis';
import type { BaseChange } from '../../../contracts/witness';
import { createAirtableGateway } from '../../../services/airtable/gateway';
import { createChangeTrail } from '../../../services/audit/change-trail';
import { createEditViews } from '../../../services/edits/views';
import { parseKeyRing } from '../../../services/encryption';
import type { WatchRef } from '../../../services/witness/watch-rows';
import { createWitness, type Witness } from '../../../services/witness/witness';
import { createConnections } from '../../../services/workspaces/connections';
import { testConfig } from '../../support/config';
import { TEST_KEYS } from '../../support/temporal';
import { QUICK, randomPrefix } from '../airtable/setup';
import { createEditWorld, type EditWorld } from '../edits/edit-world';

export interface WitnessWorld extends EditWorld {
  readonly ref: WatchRef;
  readonly witness: Witness;
  readonly editViews: ReturnType<typeof createEditViews>;
  /** Bases of which the witness said that somebody else changed something. */
  readonly foreign: WatchRef[];
  /** A witness of another process. */
  another(options?: Partial<Parameters<typeof createWitness>[0]>): Witness;
  /** Makes every watch due and keeps each until nothing is due any more; gives the failures. */
  poll(by?: Witness): Promise<unknown[]>;
  /** The whole stream so far. */
  stream(): Promise<BaseChange[]>;
  /** Calls the Web API past the gateway, by `full` (whose token is the connection's) or another token. */
  as(token: string, method: string, path: string, body?: unknown): Promise<unknown>;
  /** A change of one film by somebody else's token. */
  meddle(recordId: string, cells: Record<string, unknown>): Promise<void>;
  webhooks(): Promise<{ id: string; expirationTime: string }[]>;
  /** Forgets the watch, its stream and the base's webhooks. */
  reset(): Promise<void>;
}

/** Edits on a watched base: the real gateway, the real engine with its webhooks over HTTP. */
export async function createWitnessWorld(): Promise<WitnessWorld> {
  const world = await createEditWorld();
  const { server } = world;
  const { database, workspaceId } = server;
  const { rows } = await database.admin.query<{ id: string; url: string }>('SELECT id, url FROM connections');
  const [{ id: connectionId, url } = { id: '', url: '' }] = rows;
  const config = testConfig({ DATABASE_URL: database.url, AIRTABLE_HOSTS: new URL(url).host });
  const redis = new Redis(config.redisUrl, { maxRetriesPerRequest: 1 });
  const connections = createConnections({ db: database.db, keyRing: parseKeyRing(TEST_KEYS), config });
  server.grant('foreign', { userId: 'usr_foreign' });
  const foreign: WatchRef[] = [];
  const reported: unknown[] = [];
  const baseId = server.base.id;
  const ref = { workspaceId, connectionId, baseId };

  const gateways: { close(): Promise<void> }[] = [];
  const another: WitnessWorld['another'] = (options = {}) => {
    const gateway = createAirtableGateway({
      redis,
      config: { ...config, redisPrefix: randomPrefix() },
      connections,
      limits: QUICK,
    });
    gateways.push(gateway);
    return createWitness({
      db: database.db,
      gateway,
      connections,
      trail: createChangeTrail(parseKeyRing(TEST_KEYS)),
      onForeignChange: async (changed) => void foreign.push(changed),
      report: (error) => void reported.push(error),
      ...options,
    });
  };
  const witness = another();

  const own: Omit<WitnessWorld, keyof EditWorld> = {
    ref,
    witness,
    editViews: createEditViews(database.db),
    foreign,
    another,
    async poll(by = witness) {
      await database.db.system((tx) => tx.query('UPDATE base_watches SET due_at = now()'));
      const failures: unknown[] = [];
      for (;;) {
        const claims = await by.claimDue(10);
        if (claims.length === 0) return failures;
        for (const failure of await Promise.all(claims.map((claim) => by.keep(claim))))
          if (failure !== undefined) failures.push(failure);
      }
    },
    stream: async () => (await witness.changes({ ...ref, limit: 10_000 })).changes,
    async as(token, method, path, body) {
      const answer = await server.call(method, path, body, token);
      if (answer.status !== 200) throw new Error(`${method} ${path}: ${JSON.stringify(answer)}`);
      return answer.body;
    },
    async meddle(recordId, cells) {
      await own.as('foreign', 'PATCH', `/${baseId}/${server.table('Films')}/${recordId}`, { fields: cells });
    },
    async webhooks() {
      const { webhooks } = (await own.as('full', 'GET', `/bases/${baseId}/webhooks`)) as {
        webhooks: { id: string; expirationTime: string }[];
      };
      return webhooks;
    },
    async reset() {
      world.forget();
      foreign.length = 0;
      await database.admin.query('DELETE FROM base_watches');
      await database.admin.query('DELETE FROM base_changes');
      await database.admin.query('DELETE FROM engine_webhooks');
      await database.admin.query('DELETE FROM edits');
    },
  };
  return {
    ...world,
    ...own,
    // Set by tests, read by the world.
    get onRequest() {
      return world.onRequest;
    },
    set onRequest(look) {
      world.onRequest = look;
    },
    async close() {
      for (const gateway of gateways) await gateway.close();
      redis.disconnect();
      await world.close();
      if (reported.length > 0) throw new AggregateError(reported, 'the witness met what it did not expect');
    },
  };
}
