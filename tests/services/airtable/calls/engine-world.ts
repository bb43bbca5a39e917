import type { AirtableClient } from '../../../../services/airtable/client';
import type { AirtableGateway } from '../../../../services/airtable/gateway';
import { startEngineServer, type EngineServer } from '../../../api/v0/engine-server';
import { CONNECTION, connectRedis, createTestGateway } from '../setup';

export interface EngineWorld {
  readonly engine: EngineServer;
  /** Of a token with all scopes. */
  readonly client: AirtableClient;
  readonly gateway: AirtableGateway;
  clientOf(token: string): Promise<AirtableClient>;
  /** How many requests a piece of work sends. */
  countRequests(work: () => Promise<unknown>): Promise<number>;
  close(): Promise<void>;
}

/** The real engine over HTTP and a client to it, as for Airtable. */
export async function createEngineWorld(): Promise<EngineWorld> {
  const engine = await startEngineServer();
  const redis = connectRedis();
  const place = { url: engine.url, host: new URL(engine.url).host };
  const { gateway } = createTestGateway(place, redis, { access: { token: 'full' } });
  return {
    engine,
    gateway,
    client: await gateway.open(CONNECTION, 'interactive'),
    clientOf: (token) =>
      createTestGateway(place, redis, { access: { token } }).gateway.open(CONNECTION, 'interactive'),
    async countRequests(work) {
      const before = gateway.metrics().requests;
      await work();
      return gateway.metrics().requests - before;
    },
    async close() {
      redis.disconnect();
      await engine.close();
      if (engine.reported.length > 0) throw new AggregateError(engine.reported, 'the engine failed');
    },
  };
}

/** The first of some, which must be there. */
export function first<T>(items: readonly T[]): T {
  const [item] = items;
  if (item === undefined) throw new Error('there is none');
  return item;
}
