import { connectRedis, randomPrefix } from '../setup';
import { createJudge } from './judge';
import { createActor, createVirtualTime } from './virtual-world';

const redis = connectRedis();
afterAll(() => redis.disconnect());

const MINUTE = 60_000;
const bulk = { lane: 'bulk' as const, workspace: 'ws', late: () => 1, settles: true, think: () => 0 };

describe('beside a foreign client that takes 3 of the 5 a second', () => {
  it.each([3, 5])('share %d: one 429 a minute at most, and neither starves', async (share) => {
    const time = createVirtualTime();
    const start = time.now();
    const minutes = 12;
    const world = { redis, time, prefix: randomPrefix(), perBase: 5, endsAt: start + minutes * MINUTE };
    const judge = createJudge(5, 30_000, time.now);
    const ours = createActor(world, 'ours', { ...bulk, share }, judge.arrive);
    const foreign = async () => {
      for (let at = start + 20_000; at < world.endsAt; at += 333) {
        await time.until(at);
        if (!judge.arrive('foreign')) at += 30_000;
      }
    };
    await time.run([ours.run, foreign]);

    const refusals = judge.arrivals
      .filter(({ who, refused }) => who === 'ours' && refused)
      .map(({ at }) => at);
    expect(refusals.length).toBeGreaterThan(1);
    for (const [i, at] of refusals.slice(1).entries())
      expect(at - (refusals[i] ?? 0)).toBeGreaterThan(MINUTE);
    const taken = (who: string) => judge.arrivals.filter((it) => it.who === who && !it.refused).length;
    expect(taken('ours')).toBeGreaterThan(minutes * 60 * 0.5);
    // Every second rest is its own doing as well: it loses 30 s to each 429 of the base.
    expect(taken('foreign')).toBeGreaterThan(minutes * 60 * 1.5);
  });
});

describe('after one 429 that somebody else caused', () => {
  it('the pace is careful, less than half of what was let through, and recovers to the share in minutes', async () => {
    const time = createVirtualTime();
    const start = time.now();
    const world = { redis, time, prefix: randomPrefix(), perBase: 5, endsAt: start + 10 * MINUTE };
    let refusedAt = 0;
    const arrivals: number[] = [];
    const ours = createActor(world, 'ours', { ...bulk, share: 4 }, () => {
      const at = time.now();
      if (!refusedAt && at > start + 5_000) {
        refusedAt = at;
        return false;
      }
      arrivals.push(at - refusedAt);
      return true;
    });
    await time.run([ours.run]);

    const perSecond = (from: number, to: number) =>
      arrivals.filter((at) => at >= from * 1_000 && at < to * 1_000).length / (to - from);
    expect(perSecond(0, 30)).toBe(0);
    expect(perSecond(30, 60)).toBeCloseTo(0.85, 1);
    // From there 0.6/s more each minute.
    expect(perSecond(60, 90)).toBeGreaterThan(0.8);
    expect(perSecond(60, 90)).toBeLessThan(1.3);
    expect(perSecond(180, 210)).toBeGreaterThan(perSecond(60, 90) + 0.9);
    expect(perSecond(180, 210)).toBeLessThan(perSecond(60, 90) + 1.5);
    expect(perSecond(400, 590)).toBeGreaterThan(3.9);
  });

  it('several refused requests of one rest halve once', async () => {
    const time = createVirtualTime();
    const world = { redis, time, prefix: randomPrefix(), perBase: 5, endsAt: time.now() + 100_000 };
    const restsFrom = time.now() + 3_000;
    const refused = () => time.now() >= restsFrom && time.now() < restsFrom + 1_000;
    const actors = ['a', 'b', 'c'].map((name) =>
      // So late that all three are on their way when the first is refused.
      createActor(world, name, { ...bulk, share: 5, late: () => 70, settles: false }, () => !refused()),
    );
    await time.run(actors.map(({ run }) => run));

    const careful = actors.flatMap(({ slots }) => slots).filter(({ at }) => at > restsFrom + 62_000);
    // Half of 4 or 5 recovers from 0.85 a second on; an eighth would from the least pace, 0.6.
    expect(careful.length / 35).toBeGreaterThan(0.95);
  });
});
