import { SagatableError } from '../../contracts/errors';
import type { Connection } from '../../contracts/workspaces';
import type { Config } from '../config';
import { createPerform, type Perform } from './call';
import { createTakeTurn } from './pace/take-turn';
import { createSendRequest } from './wire/send-request';
import type { AirtableClient } from './client';
import type { LookupAll } from '../files/public-address';
import type { BreakerLimits } from './wire/breaker';
import { resolveEndpoint } from './wire/endpoint';
import type { Exchange } from './wire/exchange';
import { createHosts, type HostState } from './wire/hosts';
import { createLimiter, type LimiterRedis, type PaceFigures } from './pace/limiter';
import { createPaces } from './pace/paces';
import { createRoundTrips } from './pace/round-trips';
import { createMetrics, GATEWAY_LIMITS, type GatewayLimits, type GatewayMetrics, type Lane } from './limits';
import { createClient } from './calls/create-client';
import { createNarrowing, type SeenScopes } from './narrowing';
import { createCachedPerform } from './cache/cached-perform';
import type { ReadCache } from './cache/read-cache';
import { createSharedFlights } from './cache/shared-flights';
import type { CallCounters } from './usage/call-counter';
import { countRequests } from './usage/count-requests';

export type Health = Connection['health'];

/** What is needed to use a connection, the token among it: never logged, never part of an answer. */
export interface ConnectionAccess {
  readonly url: string;
  readonly token: string;
  /** `whoami.id` of the token's owner, whose 50/s all their tokens share; null while not known. */
  readonly airtableUser: string | null;
  readonly writable: boolean;
  readonly health: Health;
  /** Requests a second of each base that the connection may use; absent or null where the endpoint's limits are its own. */
  readonly share?: number | null;
  /** Grows when the token is replaced. */
  readonly tokenVersion?: number;
}

export interface ConnectionSource {
  /** Throws NotFound. */
  accessOf(workspaceId: string, id: string): Promise<ConnectionAccess>;
  recordHealth(workspaceId: string, id: string, health: Health, tokenVersion?: number): Promise<void>;
  /** Stores what a token turned out to have, and answers with what it lost. Without it a 403 is not looked into. */
  recordScopes?(
    workspaceId: string,
    id: string,
    seen: SeenScopes,
    tokenVersion?: number,
  ): Promise<readonly string[]>;
}

/** A saved connection. */
export interface ConnectionRef {
  readonly workspaceId: string;
  readonly id: string;
}

export interface AirtableGateway {
  /**
   * A client for a saved connection, whose token and switches are those of now. `bulk` calls throw `rate_wait` early,
   * `interactive` ones wait longer. Throws NotFound, Forbidden `endpoint_not_allowed`; whether the host's address is
   * a public one shows when its first call connects. `patienceMs`: how long each call sits out a wait for its turn, for
   * work that would have to start all over.
   */
  open(connection: ConnectionRef, lane: Lane, patienceMs?: number): Promise<AirtableClient>;
  /** The same for a connection that is not saved yet, for reading only. */
  openUnsaved(access: Pick<ConnectionAccess, 'url' | 'token'>): Promise<AirtableClient>;
  /** What was counted since the gateway was made. */
  metrics(): Readonly<GatewayMetrics>;
  /** How this process and Redis share the limits now. */
  pacing(): PaceFigures;
  /** Every host asked so far: its circuit and its connections. */
  endpoints(): HostState[];
  /** Lets requests under way end for 5 s at most, then closes every socket. Calls made afterwards throw `gateway_closed`. */
  close(): Promise<void>;
}

export interface GatewayOptions {
  readonly redis: LimiterRedis;
  readonly config: Pick<Config, 'apiUrl' | 'airtableHosts' | 'redisPrefix'>;
  readonly connections: ConnectionSource;
  /** Stands between the gateway and each exchange with a server: sees what goes out, and may change the answer. */
  readonly exchange?: (exchange: Exchange) => Exchange;
  /** `now` gives milliseconds that only grow. */
  readonly clock?: { now(): number };
  /** Who answers for the names of hosts; the system unless given. */
  readonly lookup?: LookupAll;
  readonly breaker?: Partial<BreakerLimits>;
  readonly limits?: Partial<GatewayLimits>;
  /** Answers to reads that are kept for all processes; without it every call is sent. */
  readonly cache?: ReadCache;
  /** Hears of what each saved connection uses. */
  readonly usage?: CallCounters;
}

/** The only way to Airtable and to the engine, which is the same API behind config.apiUrl. One per process. */
export function createAirtableGateway(options: GatewayOptions): AirtableGateway {
  const { redis, config, connections } = options;
  const usual: GatewayLimits = { ...GATEWAY_LIMITS, ...options.limits };
  const clock = options.clock ?? performance;
  const metrics = createMetrics();
  const narrowing = createNarrowing(() => clock.now());
  const flights = createSharedFlights();
  const hosts = createHosts({
    maxAnswerBytes: usual.maxAnswerBytes,
    lookup: options.lookup,
    breaker: options.breaker,
    exchange: options.exchange,
  });
  const limiter = createLimiter({
    redis,
    redisPrefix: config.redisPrefix,
    redisMs: usual.redisMs,
    now: () => clock.now(),
    onLocal: () => metrics.localReservations++,
  });
  const roundTrips = createRoundTrips();

  async function clientOf(
    access: ConnectionAccess,
    lane: Lane,
    recordHealth: (health: Health) => Promise<void>,
    connection?: ConnectionRef,
    patienceMs = usual.maxWaitMs[lane],
  ): Promise<AirtableClient> {
    assertToken(access.token);
    const limits = {
      ...usual,
      maxWaitMs: { ...usual.maxWaitMs, [lane]: patienceMs },
      deadlineMs: Math.max(usual.deadlineMs, 2 * patienceMs),
    };
    const endpoint = resolveEndpoint(config, access.url);
    let { health } = access;
    const takeTurn = createTakeTurn({
      limiter,
      roundTrips,
      lane,
      limits,
      metrics,
      now: () => clock.now(),
      pacesOf: createPaces({ ...access, endpoint, saved: connection }, limits, config.redisPrefix),
    });
    const sendRequest = createSendRequest({
      endpoint,
      token: access.token,
      limits,
      metrics,
      hosts,
      onOutcome(outcome) {
        // A good answer says nothing of the scope that a narrowed token lost.
        if (outcome === health || (outcome === 'ok' && health === 'narrowed')) return;
        health = outcome;
        // A note for people beside the call: that it could not be written must not end the call.
        recordHealth(outcome).catch(() => undefined);
      },
    });
    const counter = connection && options.usage?.counterOf(connection);
    const plain = createPerform({
      lane,
      limits,
      metrics,
      takeTurn,
      sendRequest: counter ? countRequests(sendRequest, counter) : sendRequest,
    });
    const perform = connection ? explainRefusals(connection, access, plain) : plain;
    const place = connection && {
      workspaceId: connection.workspaceId,
      connectionId: connection.id,
      endpointUrl: endpoint.url,
      token: access.token,
    };
    const performCached =
      place && options.cache
        ? createCachedPerform({
            perform,
            cache: options.cache,
            flights,
            place,
            lane,
            limits,
            metrics,
            onSaved: () => counter?.add({ saved: 1 }),
          })
        : perform;
    return createClient(performCached, () => {
      if (!access.writable)
        throw new SagatableError('Forbidden', 'This connection is read-only: switch writing on first.', {
          code: 'connection_read_only',
        });
    });
  }

  function explainRefusals(
    { workspaceId, id }: ConnectionRef,
    access: ConnectionAccess,
    perform: Perform,
  ): Perform {
    if (!connections.recordScopes) return perform;
    const record = async (seen: SeenScopes) =>
      (await connections.recordScopes?.(workspaceId, id, seen, access.tokenVersion)) ?? [];
    const key = `${workspaceId}/${id}/${access.tokenVersion ?? ''}`;
    return narrowing.explain(key, perform, record, usual.deadlineMs);
  }

  return {
    async open({ workspaceId, id }, lane, patienceMs) {
      const access = await connections.accessOf(workspaceId, id);
      const recordHealth = (health: Health) =>
        connections.recordHealth(workspaceId, id, health, access.tokenVersion);
      return clientOf(access, lane, recordHealth, { workspaceId, id }, patienceMs);
    },
    openUnsaved: ({ url, token }) =>
      clientOf(
        { url, token, airtableUser: null, writable: false, health: 'unknown' },
        'interactive',
        async () => undefined,
      ),
    metrics: () => ({ ...metrics }),
    pacing: () => limiter.figures(),
    endpoints: () => hosts.states(),
    async close() {
      limiter.close();
      await hosts.close();
    },
  };
}

/** What cannot stand in a header is no token. */
function assertToken(token: string): void {
  if (/^[\x21-\x7e]+$/.test(token)) return;
  throw new SagatableError(
    'Forbidden',
    'The token of this connection holds characters that no token has: replace it with the right one.',
    { code: 'connection_unauthorized' },
  );
}
