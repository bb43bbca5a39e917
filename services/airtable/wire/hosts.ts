import type { Socket } from 'node:net';
import { Pool } from 'undici';
import type { LookupAll } from '../../files/public-address';
import { BREAKER_LIMITS, createBreaker, type Breaker, type BreakerLimits, type Circuit } from './breaker';
import { createConnector } from './connector';
import { createExchange, type Exchange } from './exchange';
import { ExchangeFailure } from './exchange-failure';

/**
 * Connections to one host at once. Airtable allows a user 50 requests/s, and most are answered within a second
 * (source: Airtable Web API, rate limits).
 */
const CONNECTIONS = 64;
/** How long requests under way may still take when everything is closed. */
const GRACE_MS = 5_000;

/** One host that is asked: its kept-alive connections and its breaker. */
export interface Host {
  /** As it stands in a URL, port included. */
  readonly name: string;
  readonly exchange: Exchange;
  readonly breaker: Breaker;
}

export interface HostState {
  readonly host: string;
  readonly circuit: Circuit;
  /** Until a trial is let through; 0 while the circuit is closed. */
  readonly retryAfterMs: number;
  readonly connections: { readonly open: number; readonly running: number; readonly waiting: number };
}

export interface Hosts {
  /** The host of a URL, made when it is first asked for. */
  hostOf(url: string, checkAddress: boolean): Host;
  states(): HostState[];
  /** Lets requests under way end for 5 s at most, then closes every socket; what is asked for afterwards fails unsent. */
  close(): Promise<void>;
}

export interface HostsParts {
  readonly maxAnswerBytes: number;
  readonly lookup?: LookupAll | undefined;
  readonly breaker?: Partial<BreakerLimits> | undefined;
  /** Stands between the gateway and every exchange. */
  readonly exchange?: ((exchange: Exchange) => Exchange) | undefined;
}

/** All hosts that one process asks. */
export function createHosts(parts: HostsParts): Hosts {
  const hosts = new Map<string, Host & { readonly pool: Pool; readonly sockets: Set<Socket> }>();
  const underWay = new Map<AbortController, Promise<unknown>>();
  const closing = new AbortController();
  let closed = false;

  function open(origin: string, checkAddress: boolean) {
    const sockets = new Set<Socket>();
    const pool = new Pool(origin, {
      connections: CONNECTIONS,
      pipelining: 1,
      connect: createConnector({ checkAddress, lookup: parts.lookup, sockets, closing: closing.signal }),
    });
    const real = createExchange(pool, parts.maxAnswerBytes);
    const exchange = parts.exchange ? parts.exchange(real) : real;
    const breaker = createBreaker({ ...BREAKER_LIMITS, ...parts.breaker });
    return { name: new URL(origin).host, pool, sockets, breaker, exchange: counted(exchange) };
  }

  /** Ends with the hosts, if not before. */
  function counted(exchange: Exchange): Exchange {
    return async (outgoing, signal) => {
      if (closed) throw new ExchangeFailure('GATEWAY_CLOSED', false);
      const either = new AbortController();
      const abort = () => either.abort();
      signal.addEventListener('abort', abort, { once: true });
      if (signal.aborted) abort();
      const request = exchange(outgoing, either.signal);
      underWay.set(either, request);
      try {
        return await request;
      } finally {
        underWay.delete(either);
        signal.removeEventListener('abort', abort);
      }
    };
  }

  return {
    hostOf(url, checkAddress) {
      const { origin } = new URL(url);
      const key = `${checkAddress} ${origin}`;
      const known = hosts.get(key) ?? open(origin, checkAddress);
      hosts.set(key, known);
      return known;
    },
    states: () =>
      [...hosts.values()].map(({ name, breaker, pool, sockets }) => ({
        host: name,
        ...breaker.state(),
        connections: { open: sockets.size, running: pool.stats.running, waiting: pool.stats.pending },
      })),
    async close() {
      closed = true;
      let timer: NodeJS.Timeout | undefined;
      const grace = new Promise((resolve) => (timer = setTimeout(resolve, GRACE_MS)));
      await Promise.race([Promise.allSettled(underWay.values()), grace]);
      clearTimeout(timer);
      closing.abort();
      for (const request of underWay.keys()) request.abort();
      await Promise.all(
        [...hosts.values()].flatMap(({ pool, sockets }) => [pool.destroy(), ...[...sockets].map(end)]),
      );
    },
  };
}

/** A pool that is destroyed closes the sockets that stand; those that are still connecting would take their time. */
function end(socket: Socket): Promise<void> {
  return new Promise((resolve) => {
    socket.once('close', () => resolve());
    socket.on('error', () => undefined);
    // With an error: undici frees the timer of a connection that is being made on that only.
    socket.destroy(new Error('closed'));
  });
}
