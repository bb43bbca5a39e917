import { setMaxListeners } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { REFUSING, truncate, UNCLEAR, type PlainAnswer } from './fault-answers';
import {
  chooseFault,
  FAULTS,
  SOME_OF_ALL,
  type Fault,
  type FaultChoice,
  type FaultWeights,
} from './fault-choice';
import { createForwarding, readAll } from './fault-forwarding';

export interface FaultProxyOptions {
  /** The origin that requests go on to. */
  readonly target: string;
  /** Repeats a run: the request of a number always meets the same fault. */
  readonly seed: number;
  readonly weights?: FaultWeights;
  /** How long (ms) a late request is not answered before its caller is hung up on; never by itself when absent. */
  readonly lateHangMs?: number;
  /** When (ms) a late request goes through, counted from when its caller left; anything between the two, by the seed. */
  readonly lateMs?: readonly [least: number, most: number];
  /** Some of the late requests, by the seed, are later than the others: what share of them, and how late (ms). */
  readonly laterStill?: { readonly share: number; readonly ms: readonly [least: number, most: number] };
  /** How long (ms) each request takes on its way besides, by the seed; nothing when absent. */
  readonly latencyMs?: readonly [least: number, most: number];
  /** Between two pieces of a slow answer; it has 20 of them at most. */
  readonly dripMs?: number;
  /** What a 429 says in `retry-after`; nothing when absent. */
  readonly retryAfterSeconds?: number;
  /** Name of a parameter that is added to the query of what goes on to the target: the request's number, to be found by it. */
  readonly tag?: string;
  /** Long runs leave the bodies out of the log; they are in it by default. */
  readonly keepBodies?: boolean;
}

export interface ProxiedRequest {
  readonly index: number;
  readonly method: string;
  /** With its query. */
  readonly path: string;
  readonly body: string;
  readonly fault: Fault;
  /** When it was here as a whole, by this machine's clock (ms). */
  readonly at: number;
  /** Whether it was sent on to the target, at once or later. */
  delivered: boolean;
  /** When it was sent on last. */
  deliveredAt: number | null;
  /** When nothing was left to be done for its caller: answered, hung up on, or gone. */
  endedAt: number | null;
  /** Whether the caller had left before anything was answered. */
  abandoned: boolean;
}

export interface FaultProxy {
  readonly url: string;
  /** host:port, for config.airtableHosts. */
  readonly host: string;
  readonly seed: number;
  /** Every request, in the order in which they came. */
  readonly log: readonly ProxiedRequest[];
  /** `pass`: no faults from now on. */
  setMode(mode: 'faults' | 'pass'): void;
  counts(): Readonly<Record<Fault, number>>;
  /** Requests that came and whose callers still wait. */
  waiting(): readonly ProxiedRequest[];
  /** Connections of callers that are open. */
  openSockets(): number;
  /** Resolves when nothing is under way any more, late requests included. */
  settled(): Promise<void>;
  /** Gives up what is under way, late requests too: no socket and no timer is left. */
  close(): Promise<void>;
}

/** A local HTTP proxy that lets some requests and answers go wrong, so that a run can be repeated by its seed. */
export async function startFaultProxy(options: FaultProxyOptions): Promise<FaultProxy> {
  const { seed, weights = SOME_OF_ALL, lateMs = [500, 2_000], dripMs = 20, lateHangMs } = options;
  const { laterStill, latencyMs, retryAfterSeconds, tag, keepBodies = true } = options;
  const closing = new AbortController();
  // One for each request under way.
  setMaxListeners(0, closing.signal);
  const forwarding = createForwarding(options.target, closing.signal);
  const sockets = new Set<Socket>();
  const underWay = new Set<Promise<void>>();
  const log: ProxiedRequest[] = [];
  const waiting = new Set<ProxiedRequest>();
  let faulty = true;

  const server = createServer((req, res) => {
    const work = handle(req, res)
      // Whatever breaks here is one more way for a connection to end.
      .catch(() => void req.socket.destroy())
      .finally(() => underWay.delete(work));
    underWay.add(work);
  });
  server.on('connection', (socket) => {
    sockets.add(socket);
    socket.on('error', () => undefined);
    socket.once('close', () => sockets.delete(socket));
  });

  async function handle(req: IncomingMessage, res: ServerResponse): Promise<void> {
    const { method = 'GET', url: path = '/' } = req;
    const body = await readAll(req);
    const index = log.length;
    const choice: FaultChoice = faulty
      ? chooseFault(seed, index, weights)
      : { fault: 'pass', carriedOut: true, spread: 0 };
    const entry: ProxiedRequest = {
      index,
      method,
      path,
      body: keepBodies ? body.toString('utf8') : '',
      fault: choice.fault,
      at: Date.now(),
      delivered: false,
      deliveredAt: null,
      endedAt: null,
      abandoned: false,
    };
    log.push(entry);
    waiting.add(entry);
    res.once('close', () => {
      entry.endedAt = Date.now();
      entry.abandoned = !res.headersSent;
      waiting.delete(entry);
    });
    const tagged = tag === undefined ? path : `${path}${path.includes('?') ? '&' : '?'}${tag}=${index}`;
    const deliver = () => {
      entry.delivered = true;
      entry.deliveredAt = Date.now();
      return forwarding.forward(req, tagged, body);
    };
    if (latencyMs) {
      const [least, most] = latencyMs;
      await sleep(least + choice.spread * (most - least), undefined, { signal: closing.signal });
    }
    await meet(choice, deliver, req, res);
  }

  async function meet(
    { fault, carriedOut, spread }: FaultChoice,
    deliver: () => Promise<PlainAnswer>,
    req: IncomingMessage,
    res: ServerResponse,
  ): Promise<void> {
    const refusing = REFUSING[fault];
    if (refusing) return send(res, delayed(refusing, retryAfterSeconds));
    const unclear = UNCLEAR[fault];
    if (unclear) {
      if (carriedOut) await deliver();
      return send(res, unclear);
    }
    if (fault === 'reset') return void req.socket.resetAndDestroy();
    if (fault === 'late') {
      await gone(req.socket, lateHangMs);
      await sleep(lateness(spread), undefined, { signal: closing.signal });
      await deliver();
      return;
    }
    const answer = await deliver();
    if (fault === 'drop-answer') return void req.socket.destroy();
    if (fault === 'truncated-json') return send(res, truncate(answer));
    if (fault === 'half-closed') {
      res.writeHead(answer.status, { ...answer.headers, 'content-length': answer.body.length });
      res.write(truncate(answer).body, () => req.socket.end());
      return;
    }
    return fault === 'slow-drip' ? drip(res, answer) : send(res, answer);
  }

  function lateness(spread: number): number {
    const share = laterStill?.share ?? 0;
    const [[least, most], part] =
      laterStill && spread < share
        ? [laterStill.ms, spread / share]
        : [lateMs, (spread - share) / (1 - share)];
    return least + part * (most - least);
  }

  async function drip(res: ServerResponse, { status, headers, body }: PlainAnswer): Promise<void> {
    res.writeHead(status, { ...headers, 'content-length': body.length });
    const size = Math.max(1, Math.ceil(body.length / 20));
    for (let at = 0; at < body.length && !res.destroyed; at += size) {
      res.write(body.subarray(at, at + size));
      await sleep(dripMs, undefined, { signal: closing.signal });
    }
    res.end();
  }

  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('the proxy has no port');
  const host = `127.0.0.1:${address.port}`;
  return {
    url: `http://${host}`,
    host,
    seed,
    log,
    setMode: (mode) => void (faulty = mode === 'faults'),
    counts() {
      const counted = Object.fromEntries(FAULTS.map((fault) => [fault, 0])) as Record<Fault, number>;
      for (const { fault } of log) counted[fault]++;
      return counted;
    },
    waiting: () => [...waiting],
    openSockets: () => sockets.size,
    async settled() {
      while (underWay.size > 0) await Promise.all(underWay);
    },
    async close() {
      const closed = new Promise((resolve) => server.close(resolve));
      closing.abort();
      const ended = [...sockets].map(
        (socket) => new Promise((resolve) => socket.destroy().once('close', resolve)),
      );
      await Promise.all([...ended, ...underWay]);
      forwarding.close();
      await closed;
    },
  };
}

function send(res: ServerResponse, { status, headers, body }: PlainAnswer): void {
  res.writeHead(status, { ...headers, 'content-length': body.length });
  res.end(body);
}

/** A refusal that says for how long; how long that is, is the run's to choose. */
function delayed(answer: PlainAnswer, seconds: number | undefined): PlainAnswer {
  if (seconds === undefined || answer.status !== 429) return answer;
  return { ...answer, headers: { ...answer.headers, 'retry-after': String(seconds) } };
}

/** Resolves when the caller has left, who is made to leave after `hangMs`. */
function gone(socket: Socket, hangMs: number | undefined): Promise<void> {
  return new Promise((resolve) => {
    const timer = hangMs === undefined ? undefined : setTimeout(() => socket.destroy(), hangMs);
    const end = () => {
      clearTimeout(timer);
      resolve();
    };
    if (socket.destroyed) end();
    else socket.once('close', end);
  });
}
