import { spawn, type ChildProcess } from 'node:child_process';
import { createServer, type AddressInfo } from 'node:net';
import { Redis } from 'ioredis';
import { pollUntil } from '../../../support/poll';
import { randomPrefix } from '../setup';
import { mostInASecond } from './judge';
import { startProcess, type Process } from './process';

const PACE = { perBase: 5, share: 5, perUser: 50 };

/** A Redis of the test's own, which it may end. It keeps nothing on disk: started again, it is empty. */
async function startServer(port: number): Promise<ChildProcess> {
  const server = spawn(
    'redis-server',
    ['--port', `${port}`, '--bind', '127.0.0.1', '--save', '', '--appendonly', 'no'],
    {
      stdio: 'ignore',
    },
  );
  const client = new Redis(port, '127.0.0.1', { maxRetriesPerRequest: 0, retryStrategy: () => 25 });
  client.on('error', () => undefined);
  await pollUntil('Redis', async () => client.ping().catch(() => undefined));
  client.disconnect();
  return server;
}

async function stopServer(server: ChildProcess): Promise<void> {
  if (server.signalCode) return;
  const ended = new Promise((resolve) => server.once('exit', resolve));
  server.kill('SIGKILL');
  await ended;
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

describe('when Redis fails', () => {
  let port: number;
  let server: ChildProcess;
  let prefix: string;
  let pair: readonly [Process, Process];
  let sent: { readonly at: number; readonly by: number }[];
  let working: boolean;
  let work: Promise<unknown>;

  beforeEach(async () => {
    port = await freePort();
    server = await startServer(port);
    prefix = randomPrefix();
    const start = () =>
      startProcess(prefix, PACE, { redis: new Redis(port, '127.0.0.1', { maxRetriesPerRequest: 2 }) });
    pair = [start(), start()];
    // Each has its connection, and knows of the other.
    await pair[0].take({ baseId: 'appOther' });
    await pair[1].take({ baseId: 'appOther' });
    sent = [];
    working = true;
    work = Promise.all([press(pair[0], 0), press(pair[0], 0), press(pair[1], 1), press(pair[1], 1)]);
  });
  afterEach(async () => {
    working = false;
    await work;
    pair.forEach((process) => process.end());
    await stopServer(server);
  });

  /** One call after the other, each sent as soon as its turn has come. */
  async function press(process: Process, by: number): Promise<void> {
    while (working) {
      const turn = await process.take().catch(() => undefined);
      if (!turn) continue;
      const at = performance.now();
      turn.sent(at);
      sent.push({ at, by });
    }
  }

  const times = () => sent.map(({ at }) => at);
  const sentSince = (at: number, by?: number) =>
    sent.filter((it) => it.at > at && (by === undefined || it.by === by)).length;
  const soMany = (count: number, since: number) =>
    pollUntil(`${count} requests`, async () => sentSince(since) >= count, 30_000);

  it('each process keeps to its own part, and says so; both go on together when Redis is back, empty', async () => {
    await soMany(10, 0);
    await stopServer(server);
    const downAt = performance.now();
    await soMany(10, downAt);
    expect(sentSince(downAt, 0)).toBeGreaterThan(2);
    expect(sentSince(downAt, 1)).toBeGreaterThan(2);
    for (const process of pair) {
      expect(process.limiter.figures()).toMatchObject({ redisDown: true, processes: 2 });
      expect(process.metrics.localReservations).toBeGreaterThan(2);
    }
    // Two of five each, and none of both together more than five.
    for (const by of [0, 1])
      expect(
        mostInASecond(sent.filter((it) => it.by === by && it.at > downAt).map(({ at }) => at)),
      ).toBeLessThanOrEqual(2);

    server = await startServer(port);
    await pollUntil('both back', async () => pair.every(({ limiter }) => !limiter.figures().redisDown));
    const backAt = performance.now();
    await soMany(15, backAt);
    const local = pair.map(({ metrics }) => metrics.localReservations);
    await soMany(25, backAt);
    expect(pair.map(({ metrics }) => metrics.localReservations)).toEqual(local);
    expect(mostInASecond(times())).toBeLessThanOrEqual(5);
  });

  it('a Redis that is emptied under them lets nobody be too fast', async () => {
    await soMany(12, 0);
    await pair[0].redis.flushall();
    await soMany(12, performance.now());
    await pair[1].redis.flushall();
    await soMany(12, performance.now());
    expect(mostInASecond(times())).toBeLessThanOrEqual(5);
    expect(pair.map(({ metrics }) => metrics.localReservations)).toEqual([0, 0]);
  });

  it('a Redis that is restarted, empty and at once, neither', async () => {
    await soMany(12, 0);
    await stopServer(server);
    server = await startServer(port);
    await soMany(20, performance.now());
    expect(mostInASecond(times())).toBeLessThanOrEqual(5);
  });

  it('one that answers too late is done without for a while', async () => {
    await soMany(6, 0);
    const keeper = new Redis(port, '127.0.0.1');
    await keeper.call('CLIENT', 'PAUSE', '2500', 'ALL');
    await pollUntil('both doing without', async () =>
      pair.every(({ limiter }) => limiter.figures().redisDown),
    );
    await pollUntil('both back', async () => pair.every(({ limiter }) => !limiter.figures().redisDown));
    await soMany(12, performance.now());
    keeper.disconnect();
    expect(mostInASecond(times())).toBeLessThanOrEqual(5);
  });
});
