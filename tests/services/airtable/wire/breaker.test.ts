import {
  BREAKER_LIMITS,
  createBreaker,
  type Breaker,
  type Sign,
} from '../../../../services/airtable/wire/breaker';
import { pollUntil } from '../../../support/poll';

/** Long enough that no test sees its end, unless it is made shorter. */
const LONG = { ...BREAKER_LIMITS, restMs: 60_000, restCapMs: 240_000 };
const SHORT = { ...BREAKER_LIMITS, restMs: 40, restCapMs: 100 };

async function tell(breaker: Breaker, ...signs: Sign[]): Promise<void> {
  for (const sign of signs) await breaker.run(async () => ({ result: 'sent', sign }));
}
const times = <T>(n: number, sign: T): T[] => Array.from({ length: n }, () => sign);
const circuitOf = (breaker: Breaker) => breaker.state().circuit;

/** Asks until something was let through. */
const letThrough = (breaker: Breaker, sign: Sign) =>
  pollUntil('a trial', async () => (await breaker.run(async () => ({ result: 'sent', sign }))) === 'sent');

describe('the breaker of a host', () => {
  it('opens after failures in a row, and an answer in between starts the count anew', async () => {
    const breaker = createBreaker({ ...LONG, minimum: 1_000 });
    await tell(breaker, ...times(7, 'failing' as const), 'alive', ...times(7, 'failing' as const));
    expect(circuitOf(breaker)).toBe('closed');
    await tell(breaker, 'failing');
    expect(circuitOf(breaker)).toBe('open');
  });

  it('opens when more than half of at least ten fail', async () => {
    const breaker = createBreaker(LONG);
    await tell(breaker, ...times(4, ['alive', 'failing'] as const).flat(), 'alive');
    await tell(breaker, 'failing');
    expect(circuitOf(breaker)).toBe('closed');
    await tell(breaker, 'failing');
    expect(circuitOf(breaker)).toBe('open');
  });

  it('does not count what tells nothing', async () => {
    const breaker = createBreaker({ ...LONG, minimum: 1_000 });
    await tell(breaker, ...times(50, 'nothing' as const), ...times(7, 'failing' as const));
    // It does not interrupt a row of failures either.
    await tell(breaker, 'nothing', 'failing');
    expect(circuitOf(breaker)).toBe('open');
  });

  it('hands on what the request throws, and counts it as nothing', async () => {
    const breaker = createBreaker(LONG);
    const mine = new Error('mine');
    for (let i = 0; i < 20; i++) await expect(breaker.run(() => Promise.reject(mine))).rejects.toBe(mine);
    expect(circuitOf(breaker)).toBe('closed');
  });

  it('sends nothing while it is open, and tells when to come back', async () => {
    const breaker = createBreaker(LONG);
    await tell(breaker, ...times(8, 'failing' as const));
    let sent = 0;
    const away = await breaker.run(async () => ({ result: sent++, sign: 'alive' }));
    expect(away).toMatchObject({ turnedAway: true });
    expect(breaker.state().retryAfterMs).toBeGreaterThan(50_000);
    expect(breaker.state().retryAfterMs).toBeLessThanOrEqual(60_000);
    expect(sent).toBe(0);
  });

  it('lets one request through as a trial; the others are told to come back', async () => {
    const breaker = createBreaker(SHORT);
    await tell(breaker, ...times(8, 'failing' as const));
    let answer: () => void = () => undefined;
    const answered = new Promise<void>((resolve) => (answer = resolve));
    let sent = 0;
    const trial = pollUntil('a trial', async () => {
      const run = await breaker.run(async () => {
        sent++;
        await answered;
        return { result: 'sent', sign: 'alive' as const };
      });
      return run === 'sent';
    });
    await pollUntil('the trial under way', async () => circuitOf(breaker) === 'half-open');
    for (let i = 0; i < 10; i++) {
      expect(await breaker.run(async () => ({ result: sent++, sign: 'alive' }))).toMatchObject({
        turnedAway: true,
      });
    }
    expect(sent).toBe(1);
    answer();
    await trial;
    expect(breaker.state()).toEqual({ circuit: 'closed', retryAfterMs: 0 });
  });

  it('rests longer after each trial that fails, up to a cap, and as at first after one that succeeds', async () => {
    const rests: number[] = [];
    const breaker = createBreaker({ ...SHORT, restMs: 400, restCapMs: 1_000 });
    const note = () => rests.push(Math.ceil(breaker.state().retryAfterMs / 100) * 100);
    await tell(breaker, ...times(8, 'failing' as const));
    note();
    for (let i = 0; i < 3; i++) {
      await letThrough(breaker, 'failing');
      note();
    }
    await letThrough(breaker, 'alive');
    await tell(breaker, ...times(8, 'failing' as const));
    note();
    // What a slow machine took off is at most all of it: the order shows, not the exact number.
    const most = [400, 800, 1_000, 1_000, 400];
    rests.forEach((rest, i) => expect(rest).toBeLessThanOrEqual(most[i] ?? 0));
    expect(rests[1]).toBeGreaterThan(400);
    expect(rests[3]).toBeGreaterThan(800);
  });

  it('does not rest for as long as a clock is set back', async () => {
    const breaker = createBreaker(LONG);
    await tell(breaker, ...times(8, 'failing' as const));
    const earlier = Date.now() - 3_600_000;
    const clock = jest.spyOn(Date, 'now').mockImplementation(() => earlier);
    await tell(breaker, 'alive').finally(() => clock.mockRestore());
    expect(circuitOf(breaker)).toBe('closed');
  });

  it('is not closed by a trial that tells nothing, as when its caller leaves', async () => {
    const breaker = createBreaker(SHORT);
    await tell(breaker, ...times(8, 'failing' as const));
    await letThrough(breaker, 'nothing');
    expect(circuitOf(breaker)).toBe('open');
    await letThrough(breaker, 'alive');
    expect(circuitOf(breaker)).toBe('closed');
  });
});
