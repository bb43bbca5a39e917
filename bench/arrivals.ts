import { z } from 'zod';

/** One request as the counting proxy saw it. */
export const Arrival = z.object({
  /** When it came, in milliseconds of the proxy's clock, which only grows. */
  at: z.number(),
  /** How long its answer took. */
  tookMs: z.number(),
  method: z.string(),
  /** Without its query. */
  path: z.string(),
  /** The User-Agent: who asked. */
  agent: z.string(),
  /** 0 for a request whose answer did not come. */
  status: z.number().int(),
});
export type Arrival = z.infer<typeof Arrival>;

/** The user agent of the gateway. */
const GATEWAY = /^Sagatable\b/;
export const isOurs = (arrival: Arrival): boolean => GATEWAY.test(arrival.agent);
export const isRefusal = (arrival: Arrival): boolean => arrival.status === 429;

/** Those about one base, the switch of its imitation excepted, in order of arrival. */
export function ofBase(arrivals: readonly Arrival[], baseId: string): Arrival[] {
  const segment = new RegExp(`/${baseId}(/|$)`);
  return arrivals
    .filter(({ path }) => segment.test(path) && !path.endsWith('/imitation'))
    .sort((a, b) => a.at - b.at);
}

/** The most that arrived within any second, wherever it begins: a window of its own that slides, not a counter's. */
export const mostInASecond = (arrivals: readonly Arrival[]): number => mostWithin(arrivals, 1_000);
export const mostInAMinute = (arrivals: readonly Arrival[]): number => mostWithin(arrivals, 60_000);

function mostWithin(arrivals: readonly Arrival[], ms: number): number {
  const times = arrivals.map(({ at }) => at).sort((a, b) => a - b);
  let most = 0;
  let first = 0;
  times.forEach((at, last) => {
    while (at - (times[first] ?? at) >= ms) first++;
    most = Math.max(most, last - first + 1);
  });
  return most;
}

/** From the first arrival to the last, in seconds; 0 for fewer than two. */
export function spanSeconds(arrivals: readonly Arrival[]): number {
  const times = arrivals.map(({ at }) => at);
  return times.length < 2 ? 0 : (Math.max(...times) - Math.min(...times)) / 1_000;
}

/**
 * Requests a second between the first and the last arrival. The first one only begins the span: n requests at even distances
 * of 200 ms are 5.0/s, however few they are.
 */
export function rateOf(arrivals: readonly Arrival[]): number {
  const seconds = spanSeconds(arrivals);
  return seconds === 0 ? 0 : (arrivals.length - 1) / seconds;
}

/** A time in which the base refused everybody. */
export interface Rest {
  readonly from: number;
  readonly to: number;
}

/** The rests that the refusals tell of: each begins with a 429 and lasts `lockOutMs`, whatever is refused in it. */
export function restsOf(arrivals: readonly Arrival[], lockOutMs: number): Rest[] {
  const rests: Rest[] = [];
  for (const { at } of arrivals.filter(isRefusal).sort((a, b) => a.at - b.at)) {
    if (at >= (rests.at(-1)?.to ?? -Infinity)) rests.push({ from: at, to: at + lockOutMs });
  }
  return rests;
}

/** The milliseconds between `from` and `to` that lie in no rest. */
export function awakeMs(rests: readonly Rest[], from: number, to: number): number {
  const asleep = rests.reduce(
    (sum, rest) => sum + Math.max(0, Math.min(rest.to, to) - Math.max(rest.from, from)),
    0,
  );
  return to - from - asleep;
}
