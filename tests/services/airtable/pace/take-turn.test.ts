import type { Call } from '../../../../services/airtable/call';
import { createMetrics, GATEWAY_LIMITS } from '../../../../services/airtable/limits';
import type { Slot } from '../../../../services/airtable/pace/ask';
import type { Limiter } from '../../../../services/airtable/pace/limiter';
import type { CallPaces } from '../../../../services/airtable/pace/paces';
import { createRoundTrips } from '../../../../services/airtable/pace/round-trips';
import { createTakeTurn } from '../../../../services/airtable/pace/take-turn';
import { startTimeLimit } from '../../../../services/airtable/time-limit';

const paces: CallPaces = {
  line: { key: 'base', perSecond: 5, window: 5 },
  host: 'host',
  workspace: 'ws',
  owner: 'con',
};
const call = {
  method: 'GET',
  path: '/base/table',
  effect: 'read',
  baseId: 'base',
  options: {},
} as Call<unknown>;

/** A turn over a limiter that gives these slots, `lateMs` before now each. */
async function take(...lateMs: number[]) {
  const settled: number[] = [];
  const clock = { aheadMs: 0, now: () => performance.now() + clock.aheadMs };
  const limiter: Limiter = {
    intervalMs: () => 200,
    async take() {
      const at = clock.now() - (lateMs.shift() ?? 0);
      return { paces, name: 'slot', at, from: at - 1, redisAt: 0 } satisfies Slot;
    },
    settle: (_, late) => void settled.push(late),
    rest: async () => true,
    rests: () => false,
    figures: () => ({ redisDown: false, processes: 1, waiting: 0 }),
    close: () => undefined,
  };
  const metrics = createMetrics();
  const roundTrips = createRoundTrips();
  for (let i = 0; i < 20; i++) roundTrips.note('host', 'base read GET 3', 10);
  const takeTurn = createTakeTurn({
    limiter,
    roundTrips,
    lane: 'bulk',
    limits: GATEWAY_LIMITS,
    metrics,
    now: clock.now,
    pacesOf: () => paces,
  });
  const deadline = startTimeLimit(10_000);
  const turn = await takeTurn(call, deadline, {});
  deadline.end();
  return { turn, metrics, settled, clock };
}

describe('a turn', () => {
  it('that its process comes too late to is given up: others count on its request being out', async () => {
    const { metrics } = await take(400, 200, 0);
    expect(metrics).toMatchObject({ lostTurns: 2, turnsBulk: 1 });
  });

  it('whose request is held up after it was given is renewed: those held up together must not leave together', async () => {
    const { turn, metrics, clock } = await take(0, 400, 0);
    expect(await turn.renew()).toBe(false);
    clock.aheadMs = 3_000;
    expect(await turn.renew()).toBe(true);
    expect(await turn.renew()).toBe(false);
    expect(metrics).toMatchObject({ lostTurns: 2, turnsBulk: 2 });
  });

  it('tells how late its request arrived at most: how late it left, and what its answer took longer', async () => {
    const { turn, settled } = await take(0);
    const sentAt = performance.now();
    turn.sent(sentAt);
    turn.settle(sentAt + 40);
    expect(settled.at(-1)).toBeGreaterThanOrEqual(31);
    expect(settled.at(-1)).toBeLessThan(31 + 60);
  });

  it('tells of a late departure at once', async () => {
    const { turn, settled } = await take(100);
    turn.sent(performance.now());
    expect(settled).toHaveLength(1);
    expect(settled[0]).toBeGreaterThanOrEqual(175);
  });

  it('whose request was never sent tells nothing', async () => {
    const { turn, settled } = await take(0);
    turn.settle(performance.now() + 40);
    expect(settled).toEqual([]);
  });
});
