import { SagatableError } from '../../../../contracts/errors';
import type { Turn } from '../../../../services/airtable/pace/take-turn';
import { pollUntil } from '../../../support/poll';
import { failureOf, randomPrefix } from '../setup';
import { mostInASecond } from './judge';
import { startProcess, type AskedFor, type Process } from './process';

const PACE = { perBase: 5, share: 5, perUser: 50 };

describe('waiting for a turn', () => {
  const processes: Process[] = [];
  let prefix: string;

  beforeEach(() => (prefix = randomPrefix()));
  afterEach(() => processes.splice(0).forEach((process) => process.end()));

  function start(pace: Parameters<typeof startProcess>[1] = PACE): Process {
    const process = startProcess(prefix, pace);
    processes.push(process);
    return process;
  }

  it('a thousand queued writes: a person’s read goes next, and those who cannot wait are told when to come', async () => {
    const process = start();
    // What is the process's first: a connection, and whatever Node compiles for it.
    await process.take({ baseId: 'appOther' });
    process.metrics.turnsInteractive = 0;
    const evaluated = jest.spyOn(process.redis, 'evalsha');
    const order: string[] = [];
    const bulk = Array.from({ length: 1_000 }, () =>
      process.take({ lane: 'bulk' }).then(
        () => order.push('bulk'),
        (error: unknown) => error,
      ),
    );
    await pollUntil('the first', async () => order.length > 0);
    const before = order.length;
    await process.take({ lane: 'interactive' });
    // The slot that was given out already, at most.
    expect(order.length - before).toBeLessThanOrEqual(1);

    const refused = (await Promise.all(bulk)).filter((it) => it instanceof SagatableError);
    expect(refused.length).toBeGreaterThan(990);
    for (const error of refused)
      expect(error).toMatchObject({ kind: 'LimitReached', code: 'rate_wait', retryable: true });
    const waits = refused.map((error) => error.retryAfterMs ?? 0).sort((a, b) => a - b);
    expect(waits[0]).toBeGreaterThan(200);
    // A minute and its jitter: nobody is sent away for longer, whatever the number.
    expect(waits.at(-1)).toBeLessThan(65_000);
    for (const from of [5_000, 15_000, 25_000, 35_000, 45_000])
      expect(waits.filter((ms) => ms >= from && ms < from + 1_000).length).toBeLessThanOrEqual(15);
    // A thousand of them cost no more than the few that got in.
    expect(evaluated.mock.calls.length).toBeLessThan(60);
    expect(process.metrics).toMatchObject({ turnsInteractive: 1, rateWaits: refused.length });
  });

  it('a cancelled wait ends at once, leaves no ticket, and the one behind moves up', async () => {
    const process = start({ ...PACE, share: 0.5 });
    await process.take();
    const controller = new AbortController();
    const first = process.take({ signal: controller.signal });
    const second = process.take();
    const tickets = async () => Object.keys(await process.redis.hgetall(ticketsOf(prefix)));
    await pollUntil('the ticket', async () => (await tickets()).length === 1);
    const reason = new Error('left');
    controller.abort(reason);
    await expect(first).rejects.toBe(reason);
    expect(process.limiter.figures().waiting).toBe(1);
    await second;

    const alone = new AbortController();
    const third = process.take({ signal: alone.signal });
    await pollUntil('the ticket', async () => (await tickets()).length === 1);
    alone.abort(reason);
    await expect(third).rejects.toBe(reason);
    await pollUntil('the ticket taken back', async () => (await tickets()).length === 0, 900);
    expect(process.limiter.figures().waiting).toBe(0);
  });

  it('a signal is listened to only while there is a wait', async () => {
    const process = start({ perBase: 100, share: 100, perUser: 1_000 });
    const controller = new AbortController();
    const added = jest.spyOn(controller.signal, 'addEventListener');
    const removed = jest.spyOn(controller.signal, 'removeEventListener');
    await Promise.all(Array.from({ length: 5 }, () => process.take({ signal: controller.signal })));
    expect(added).toHaveBeenCalled();
    expect(removed.mock.calls.length).toBeGreaterThanOrEqual(added.mock.calls.length);
  });

  it('a 429 rests the base for every process, and the process that only hears of it in Redis', async () => {
    const [one, other] = [start(), start()];
    const turn = await one.take();
    await turn.rest(700);
    const restedAt = performance.now();
    await other.take();
    expect(performance.now() - restedAt).toBeGreaterThan(650);
    expect(one.metrics).toMatchObject({ rests: 1, halvings: 1 });
    const otherBase = performance.now();
    await one.take({ baseId: 'appOther' });
    expect(performance.now() - otherBase).toBeLessThan(500);
  });

  it('an emptied Redis learns the rest and the cut from whoever knows of them', async () => {
    const process = start();
    const turn = await process.take();
    await turn.rest(1_500);
    const restedAt = performance.now();
    await empty(process, prefix);
    await process.take();
    expect(performance.now() - restedAt).toBeGreaterThan(1_450);
    const [cut] = await process.redis.hmget(`${prefix}pace:listed.test:appBase`, 'cut');
    expect(Number(cut)).toBe(2.5);
  });

  it('a 429 of a call that belongs to no base rests the user, whatever the base', async () => {
    const process = start();
    const turn = await process.take({ baseId: null });
    await turn.rest(600);
    const restedAt = performance.now();
    await process.take({ baseId: 'appAny' });
    expect(performance.now() - restedAt).toBeGreaterThan(550);
    const other = performance.now();
    await process.take({ baseId: 'appAny2', user: 'usrOther' });
    expect(performance.now() - other).toBeLessThan(500);
  });

  it('a user’s limit holds for all bases together, and bulk work leaves room in it', async () => {
    const pace = { perBase: 5, share: 5, perUser: 10 };
    const pair = [start(pace), start(pace)] as const;
    const times: number[] = [];
    const endsAt = performance.now() + 4_000;
    const waits: number[] = [];
    async function work(process: Process, asked: AskedFor): Promise<void> {
      while (performance.now() < endsAt) {
        const since = performance.now();
        const turn = await process.take(asked).catch(() => undefined);
        if (!turn) continue;
        send(turn);
        times.push(performance.now());
        if (asked.lane === 'interactive') {
          waits.push(performance.now() - since);
          await new Promise((resolve) => setTimeout(resolve, 700));
        }
      }
    }
    const bulk = Array.from({ length: 6 }, (_, i) =>
      work(pair[i % 2] ?? pair[0], { lane: 'bulk', baseId: `app${i}`, maxWaitMs: 3_000 }),
    );
    await Promise.all([...bulk, work(pair[1], { lane: 'interactive', baseId: 'appPerson' })]);
    expect(mostInASecond(times)).toBeLessThanOrEqual(10);
    expect(times.length).toBeGreaterThan(25);
    waits.sort((a, b) => a - b);
    expect(waits[waits.length >> 1]).toBeLessThan(500);
  });

  it('nothing stays in Redis for ever', async () => {
    const process = start();
    const turns = await Promise.all([
      process.take(),
      process.take({ lane: 'bulk' }),
      process.take({ baseId: null }),
    ]);
    turns.forEach(send);
    await turns[0].rest(30_000);
    const waiting = failureOf(process.take({ maxWaitMs: 300 }));
    const keys = await process.redis.keys(`${prefix}*`);
    expect(keys.length).toBeGreaterThan(5);
    for (const key of keys) expect(await process.redis.pttl(key)).toBeGreaterThan(0);
    await waiting;
  });
});

function send(turn: Turn): void {
  turn.sent(performance.now());
  turn.settle(performance.now());
}

const ticketsOf = (prefix: string) => `${prefix}pace:listed.test:appBase:tickets`;

async function empty({ redis }: Process, prefix: string): Promise<void> {
  const keys = await redis.keys(`${prefix}*`);
  expect(keys.length).toBeGreaterThan(0);
  await redis.del(...keys);
}
