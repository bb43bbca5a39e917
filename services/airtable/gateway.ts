import { createHash } from 'node:crypto';
import { SagatableError } from '../../contracts/errors';
import type { Connection } from '../../contracts/workspaces';
import type { Config } from '../config';
import { createPerform } from './call';
import { createTakeTurn } from './pace/take-turn';
import { createSendRequest } from './wire/send-request';
import type { AirtableClient } from './client';
import { checkAddress, resolveEndpoint, type Endpoint, type Lookup } from './wire/endpoint';
import { createLimiter, type LimiterRedis } from './pace/limiter';
import { createMetrics, GATEWAY_LIMITS, type GatewayLimits, type GatewayMetrics, type Lane } from './limits';
import { createClient } from './calls/create-client';
import type { Pace } from './pace/reservation';

export type Health = Connection['health'];

/** What is needed to use a connection, the token among it: never logged, never part of an answer. */
export interface ConnectionAccess {
  readonly url: string;
  readonly token: string;
  /** `whoami.id` of the token's owner, whose 50/s all their tokens share; null while not known. */
  readonly airtableUser: string | null;
  readonly writable: boolean;
  readonly health: Health;
}

export interface ConnectionSource {
  /** Throws NotFound. */
  accessOf(workspaceId: string, id: string): Promise<ConnectionAccess>;
  recordHealth(workspaceId: string, id: string, health: Health): Promise<void>;
}

export interface AirtableGateway {
  /**
   * A client for a saved connection, whose token and switches are those of now. `bulk` calls throw `rate_wait` early,
   * `interactive` ones wait longer. Throws NotFound, Forbidden `endpoint_not_allowed`, Unavailable `unreachable`.
   */
  open(
    connection: { readonly workspaceId: string; readonly id: string },
    lane: Lane,
  ): Promise<AirtableClient>;
  /** The same for a connection that is not saved yet, for reading only. */
  openUnsaved(access: Pick<ConnectionAccess, 'url' | 'token'>): Promise<AirtableClient>;
  /** What was counted since the gateway was made. */
  metrics(): Readonly<GatewayMetrics>;
}

export interface GatewayOptions {
  readonly redis: LimiterRedis;
  readonly config: Pick<Config, 'apiUrl' | 'airtableHosts' | 'redisPrefix'>;
  readonly connections: ConnectionSource;
  readonly fetch?: typeof globalThis.fetch;
  /** `now` gives milliseconds that only grow. */
  readonly clock?: { now(): number };
  readonly lookup?: Lookup;
  readonly limits?: Partial<GatewayLimits>;
}

/** The only way to Airtable and to the engine, which is the same API behind config.apiUrl. One per process. */
export function createAirtableGateway(options: GatewayOptions): AirtableGateway {
  const { redis, config, connections } = options;
  const limits = { ...GATEWAY_LIMITS, ...options.limits };
  const clock = options.clock ?? performance;
  const metrics = createMetrics();
  const limiter = createLimiter({
    redis,
    redisMs: limits.redisMs,
    now: () => clock.now(),
    onLocal: () => metrics.localReservations++,
  });

  async function clientOf(
    access: ConnectionAccess,
    lane: Lane,
    recordHealth: (health: Health) => Promise<void>,
  ): Promise<AirtableClient> {
    assertToken(access.token);
    const endpoint = resolveEndpoint(config, access.url);
    await checkAddress(endpoint, options.lookup);
    let { health } = access;
    const takeTurn = createTakeTurn({
      limiter,
      lane,
      limits,
      metrics,
      pacesOf: (baseId) => pacesOf(endpoint, access, baseId),
    });
    const sendRequest = createSendRequest({
      endpoint,
      token: access.token,
      limits,
      metrics,
      fetch: options.fetch ?? globalThis.fetch,
      onOutcome(outcome) {
        if (outcome === health) return;
        health = outcome;
        // A note for people beside the call: that it could not be written must not end the call.
        recordHealth(outcome).catch(() => undefined);
      },
    });
    const perform = createPerform({ lane, limits, metrics, takeTurn, sendRequest });
    return createClient(perform, () => {
      if (!access.writable)
        throw new SagatableError('Forbidden', 'This connection is read-only: switch writing on first.', {
          code: 'connection_read_only',
        });
    });
  }

  /** The base's pace comes first. Bases are counted for all tenants together, as Airtable counts them. */
  function pacesOf(endpoint: Endpoint, access: ConnectionAccess, baseId: string | null): readonly Pace[] {
    const { perBase, perUser } = limits.pace[endpoint.kind];
    const prefix = `${config.redisPrefix}pace:${new URL(endpoint.url).host}`;
    const user = access.airtableUser ?? createHash('sha256').update(access.token).digest('hex').slice(0, 32);
    const ofBase: Pace[] =
      baseId === null ? [] : [{ key: `${prefix}:${baseId}`, perSecond: perBase, order: 'queue' }];
    const ofUser: Pace[] =
      perUser === undefined ? [] : [{ key: `${prefix}:${user}`, perSecond: perUser, order: 'gaps' }];
    return [...ofBase, ...ofUser];
  }

  return {
    async open({ workspaceId, id }, lane) {
      const access = await connections.accessOf(workspaceId, id);
      return clientOf(access, lane, (health) => connections.recordHealth(workspaceId, id, health));
    },
    openUnsaved: ({ url, token }) =>
      clientOf(
        { url, token, airtableUser: null, writable: false, health: 'unknown' },
        'interactive',
        async () => undefined,
      ),
    metrics: () => ({ ...metrics }),
  };
}

/** What cannot stand in a header is no token; fetch would name it in its error. */
function assertToken(token: string): void {
  if (/^[\x21-\x7e]+$/.test(token)) return;
  throw new SagatableError(
    'Forbidden',
    'The token of this connection holds characters that no token has: make a connection with the right one, and remove this one.',
    { code: 'connection_unauthorized' },
  );
}
