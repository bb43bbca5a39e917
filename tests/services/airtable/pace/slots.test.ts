import fc from 'fast-check';
import { connectRedis, randomPrefix } from '../setup';
import { createJudge, mostInASecond } from './judge';
import { createActor, createVirtualTime, type Client } from './virtual-world';

const redis = connectRedis();
afterAll(() => redis.disconnect());

/** A sequence that is the same in every run. */
function numbersFrom(seed: number): () => number {
  let state = seed + 1;
  return () => (state = (state * 48_271) % 2_147_483_647) / 2_147_483_647;
}

const CALM: Client = {
  lane: 'bulk',
  workspace: 'ws_a',
  share: 5,
  late: () => 2,
  settles: true,
  think: () => 0,
};

/** Lets clients loose on one base for some seconds, each a process of its own. */
async function run(seconds: number, clients: Readonly<Record<string, Client>>, perBase = 5) {
  const time = createVirtualTime();
  const start = time.now();
  const prefix = randomPrefix();
  const world = { redis, time, prefix, perBase, endsAt: start + seconds * 1_000 };
  const judge = createJudge(5, 30_000, time.now);
  const actors = Object.entries(clients).map(([name, client]) =>
    createActor(
      world,
      name,
      client.startsAt === undefined ? client : { ...client, startsAt: start + client.startsAt },
      judge.arrive,
    ),
  );
  await time.run(actors.map((actor) => actor.run));
  const arrivals = judge.arrivals.map((it) => ({ ...it, at: it.at - start }));
  return {
    arrivals,
    start,
    prefix,
    of: (who: string) => arrivals.filter((it) => it.who === who).map(({ at }) => at),
    most: mostInASecond(arrivals.map(({ at }) => at)),
    refused: arrivals.filter(({ refused }) => refused).length,
  };
}

describe('slots of one base, given out by Redis', () => {
  it('three processes use 98 % of five a second and never more', async () => {
    const { arrivals, most, refused } = await run(60, {
      a: CALM,
      b: CALM,
      c: { ...CALM, lane: 'interactive' },
    });
    expect(most).toBe(5);
    expect(refused).toBe(0);
    expect(arrivals.length / 60).toBeGreaterThanOrEqual(4.9);
  });

  it('at 4.8 a second they use that', async () => {
    const { arrivals, most } = await run(60, { a: CALM, b: CALM }, 4.8);
    expect(most).toBeLessThanOrEqual(5);
    expect(arrivals.length / 60).toBeGreaterThan(4.75);
    expect(arrivals.length / 60).toBeLessThan(4.85);
  });

  it('start without a burst', async () => {
    const { arrivals } = await run(2, { a: CALM, b: CALM, c: CALM });
    const gaps = arrivals.slice(1).map(({ at }, i) => at - (arrivals[i]?.at ?? 0));
    expect(Math.min(...gaps)).toBeGreaterThan(145);
  });

  it('requests that arrive up to 60 ms late never come six to a second', async () => {
    const random = numbersFrom(1);
    const late = () => random() * 60;
    const { arrivals, refused } = await run(60, {
      a: { ...CALM, late },
      b: { ...CALM, late },
      c: { ...CALM, late },
    });
    expect(refused).toBe(0);
    expect(arrivals.length / 60).toBeGreaterThan(4.6);
  });

  it('nor do those of which nothing is ever heard', async () => {
    const random = numbersFrom(2);
    const silent = { ...CALM, settles: false, late: () => random() * 70 };
    const { arrivals, refused } = await run(60, { a: silent, b: silent });
    expect(refused).toBe(0);
    expect(arrivals.length / 60).toBeGreaterThan(4.5);
  });

  it('a connection has no more than its share, the others what it leaves', async () => {
    const { of, arrivals } = await run(30, {
      small: { ...CALM, share: 0.5 },
      large: { ...CALM, workspace: 'ws_b', share: 5 },
    });
    expect(of('small').length).toBeGreaterThanOrEqual(14);
    expect(of('small').length).toBeLessThanOrEqual(17);
    expect(arrivals.length / 30).toBeGreaterThan(4.8);
  });

  it('a person’s call goes next, whatever presses', async () => {
    const asked: number[] = [];
    const person: Client = { ...CALM, lane: 'interactive', think: () => 1_370 };
    const { of } = await run(30, {
      a: CALM,
      b: CALM,
      c: { ...CALM, workspace: 'ws_b' },
      d: { ...CALM, workspace: 'ws_c' },
      person,
    });
    const times = of('person');
    // Its next call came `think` after the last was sent.
    for (const [i, at] of times.slice(1).entries()) asked.push(at - (times[i] ?? 0) - 1_370);
    expect(times.length).toBeGreaterThan(15);
    expect(Math.max(...asked)).toBeLessThan(2 * 200 + 60);
  });

  it('workspaces get as much as each other, however many processes work for one', async () => {
    const b = { ...CALM, workspace: 'ws_b' };
    const { of } = await run(40, { a1: CALM, a2: CALM, a3: CALM, b });
    const a = of('a1').length + of('a2').length + of('a3').length;
    expect(a / of('b').length).toBeGreaterThan(0.8);
    expect(a / of('b').length).toBeLessThan(1.25);
  });

  it('bulk work gets every fifth slot under constant interactive load, once it has waited two seconds', async () => {
    const person = { ...CALM, lane: 'interactive' as const };
    const { of, arrivals } = await run(40, {
      p1: person,
      p2: person,
      p3: { ...person, workspace: 'ws_b' },
      bulk: CALM,
    });
    const late = arrivals.filter(({ at }) => at > 5_000);
    const ofBulk = of('bulk').filter((at) => at > 5_000);
    expect(ofBulk.length / late.length).toBeGreaterThan(0.17);
    expect(ofBulk.length / late.length).toBeLessThan(0.23);
    expect(Math.max(...ofBulk.slice(1).map((at, i) => at - (ofBulk[i] ?? 0)))).toBeLessThan(1_300);
  });

  it('a process that dies while it waits costs the others nothing, and is forgotten', async () => {
    const time = createVirtualTime();
    const person: Client = { ...CALM, lane: 'interactive', diesAt: time.now() + 5_100 };
    const { arrivals, of, prefix } = await run(20, {
      dead: person,
      dead2: { ...person, workspace: 'ws_b' },
      a: CALM,
    });
    const gaps = arrivals.slice(1).map(({ at }, i) => at - (arrivals[i]?.at ?? 0));
    expect(Math.max(...of('dead'))).toBeLessThan(5_300);
    expect(Math.max(...gaps)).toBeLessThan(270);
    expect(arrivals.length / 20).toBeGreaterThanOrEqual(4.85);
    expect(await redis.hkeys(`${prefix}base:tickets`)).not.toContain('dead');
  });

  it('hold for any schedule', async () => {
    const client = fc.record({
      lane: fc.constantFrom('interactive' as const, 'bulk' as const),
      workspace: fc.constantFrom('ws_a' as const, 'ws_b' as const),
      mostLate: fc.integer({ min: 0, max: 74 }),
      settles: fc.boolean(),
      mostThought: fc.constantFrom(0, 30, 400, 3_000),
      startsAt: fc.integer({ min: 0, max: 6_000 }),
      seed: fc.nat(1_000),
    });
    const share = fc.constantFrom(0.7, 3, 5);
    const shares = fc.record({ ws_a: share, ws_b: share });
    await fc.assert(
      fc.asyncProperty(fc.array(client, { minLength: 1, maxLength: 6 }), shares, async (specs, shareOf) => {
        const clients = specs.map(({ mostLate, mostThought, seed, ...rest }, i): [string, Client] => {
          const random = numbersFrom(seed);
          const late = () => random() * mostLate;
          const think = () => random() * mostThought;
          return [`c${i}`, { ...rest, share: shareOf[rest.workspace], late, think }];
        });
        const { refused, arrivals, of } = await run(15, Object.fromEntries(clients));
        expect(refused).toBe(0);
        for (const workspace of ['ws_a', 'ws_b'] as const) {
          const members = clients.filter(([, it]) => it.workspace === workspace);
          const taken = members.flatMap(([name]) => of(name));
          expect(taken.length).toBeLessThanOrEqual(shareOf[workspace] * 15 + 2);
        }
        expect(arrivals.length).toBeGreaterThan(0);
      }),
      { seed: 5, numRuns: 40, endOnFailure: true },
    );
  });
});
