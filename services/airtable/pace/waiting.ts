import type { Lane } from '../limits';
import type { Slot } from './ask';
import type { CallPaces } from './paces';

/** One call that waits for its slot. Times are this process's own. */
export interface Waiter {
  readonly since: number;
  /** What comes later is no use to it. */
  readonly endsAt: number;
  give(slot: Slot): void;
  /** The slot would not come in time: it would come at `at`. */
  turnAway(at: number): void;
  fail(error: Error): void;
}

/** Calls of one owner and lane that wait in one line, in the order in which they came. */
export interface Group {
  readonly key: string;
  readonly lane: Lane;
  paces: CallPaces;
  readonly queue: Waiter[];
  /** The earliest that the next of them can go, as far as known. */
  nextAt: number;
  /** True while somebody asks for the first of them. */
  asking: boolean;
  /** Ends the pause of whoever asks, when the queue has changed at its head. */
  wake: () => void;
}

/** When a call that would be the last of `group` would go, if nobody else came. */
export function estimate(
  group: Group,
  ahead: number,
  lineNextAt: number,
  now: number,
  ratePerSecond: number,
): number {
  const share = group.paces.share?.perSecond ?? Infinity;
  const own = group.queue.length * (1_000 / Math.min(share, ratePerSecond));
  return Math.max(now, lineNextAt, group.nextAt) + Math.max(own, ahead * (1_000 / ratePerSecond));
}

/** Turns away those whose slot would come too late, as soon as that is known. */
export function dropLate(group: Group, intervalMs: number): void {
  const stay: Waiter[] = [];
  const go: Waiter[] = [];
  for (const waiter of group.queue)
    (group.nextAt + stay.length * intervalMs <= waiter.endsAt ? stay : go).push(waiter);
  group.queue.splice(0, group.queue.length, ...stay);
  for (const waiter of go) waiter.turnAway(group.nextAt + stay.length * intervalMs);
}

/** Sooner when the queue changes at its head. */
export async function pauseUntil(group: Group, at: number, now: () => number): Promise<void> {
  const first = group.queue[0];
  await new Promise<void>((resolve) => {
    const timer = setTimeout(resolve, Math.max(1, Math.ceil(Math.min(at, first?.endsAt ?? at) - now())));
    group.wake = () => {
      clearTimeout(timer);
      resolve();
    };
  });
  group.wake = () => undefined;
}
