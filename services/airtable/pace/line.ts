import type { Lane } from '../limits';
import { createAppointments, TurnTooFar } from './appointments';
import type { Ask, Reply, Slot } from './ask';
import type { CallPaces } from './paces';
import { INTERACTIVE_RUN } from './timing';
import { dropLate, estimate, pauseUntil, type Group, type Waiter } from './waiting';

/**
 * One process's waiting calls for one base. Only the first of each owner and lane asks for a slot; the others wait
 * here, so that a thousand queued calls cost no more than one.
 */
export interface Line {
  /** Throws TurnTooFar, or the signal's reason as soon as it fires. */
  wait(paces: CallPaces, lane: Lane, maxWaitMs: number, signal: AbortSignal): Promise<Slot>;
  waiting(): number;
  /** Nobody waits and nobody is expected. */
  idle(): boolean;
}

interface LineOptions {
  readonly ask: Ask;
  readonly process: string;
  readonly now: () => number;
  readonly rateOf: (paces: CallPaces) => number;
  readonly stillUntil: (paces: CallPaces) => number;
  /** Nobody waits for this ticket any more. */
  readonly withdraw: (paces: CallPaces, ticket: string) => void;
}

export function createLine({ ask, process, now, rateOf, stillUntil, withdraw }: LineOptions): Line {
  const groups = new Map<string, Group>();
  const served = new Map<string, number>();
  const appointments = { interactive: createAppointments(now), bulk: createAppointments(now) };
  let nextAt = 0;
  let expectedUntil = 0;
  let interactiveRun = 0;

  function groupOf(paces: CallPaces, lane: Lane): Group {
    const key = `${lane}:${paces.owner}`;
    const known = groups.get(key);
    if (known) {
      // Its share may have been set anew.
      known.paces = paces;
      return known;
    }
    const group: Group = { key, lane, paces, queue: [], nextAt: 0, asking: false, wake: () => undefined };
    groups.set(key, group);
    return group;
  }

  /** Whether `a` goes before `b`, as far as this process can tell. */
  function isBefore(a: Group, b: Group): boolean {
    const wanted: Lane = interactiveRun < INTERACTIVE_RUN ? 'interactive' : 'bulk';
    const urgent = (group: Group) => group.lane === wanted;
    if (urgent(a) !== urgent(b)) return urgent(a);
    const servedAt = (group: Group) => served.get(group.paces.workspace) ?? 0;
    if (servedAt(a) !== servedAt(b)) return servedAt(a) < servedAt(b);
    return (a.queue[0]?.since ?? Infinity) < (b.queue[0]?.since ?? Infinity);
  }

  function countAhead(lane: Lane): number {
    let ahead = 0;
    for (const group of groups.values())
      if (lane === 'bulk' || group.lane === 'interactive') ahead += group.queue.length;
    return ahead;
  }

  /** Asks for the first of a group, again and again, until nobody waits in it. */
  async function serve(group: Group): Promise<void> {
    const ticket = `${process}:${group.key}`;
    let noted = false;
    for (let first = group.queue[0]; first; first = group.queue[0]) {
      const behind = [...groups.values()].filter(
        (other) => other !== group && other.queue.length && isBefore(other, group),
      ).length;
      const { paces, lane } = group;
      const reply = await ask({ id: ticket, paces, lane, waitedMs: now() - first.since, behind });
      noted = !('slot' in reply);
      await follow(group, reply);
    }
    groups.delete(group.key);
    if (noted) withdraw(group.paces, ticket);
  }

  async function follow(group: Group, reply: Reply): Promise<void> {
    const rate = rateOf(group.paces);
    if (!('slot' in reply)) {
      group.nextAt = reply.slotAt;
      dropLate(group, 1_000 / Math.min(rate, group.paces.share?.perSecond ?? Infinity));
      if (group.queue.length) await pauseUntil(group, reply.again, now);
      return;
    }
    const { at } = reply.slot;
    nextAt = Math.max(nextAt, at + 1_000 / rate);
    group.nextAt = at + 1_000 / Math.min(rate, group.paces.share?.perSecond ?? Infinity);
    served.set(group.paces.workspace, at);
    if (served.size > 1_000) served.clear();
    interactiveRun = group.lane === 'bulk' ? 0 : interactiveRun + 1;
    // Nobody is there any more: it was asked for in vain.
    group.queue.shift()?.give(reply.slot);
  }

  function expect(lane: Lane, at: number, paces: CallPaces): TurnTooFar {
    const again = appointments[lane].make(at, 1_000 / rateOf(paces));
    expectedUntil = Math.max(expectedUntil, again);
    return new TurnTooFar(Math.ceil(Math.max(1, again - now())));
  }

  return {
    async wait(paces, lane, maxWaitMs, signal) {
      signal.throwIfAborted();
      const group = groupOf(paces, lane);
      const since = now();
      const start = Math.max(nextAt, stillUntil(paces));
      const expectedAt = estimate(group, countAhead(lane), start, since, rateOf(paces));
      if (expectedAt > since + maxWaitMs) {
        if (!group.asking) groups.delete(group.key);
        throw expect(lane, expectedAt, paces);
      }
      return new Promise<Slot>((resolve, reject) => {
        const leave = () => {
          const place = group.queue.indexOf(waiter);
          if (place >= 0) group.queue.splice(place, 1);
          if (place === 0) group.wake();
          reject(signal.reason as Error);
        };
        const settle = (then: () => void) => {
          signal.removeEventListener('abort', leave);
          then();
        };
        const waiter: Waiter = {
          since,
          endsAt: since + maxWaitMs,
          give: (slot) => settle(() => resolve(slot)),
          turnAway: (at) => settle(() => reject(expect(lane, at, paces))),
          fail: (error) => settle(() => reject(error)),
        };
        signal.addEventListener('abort', leave, { once: true });
        group.queue.push(waiter);
        if (group.asking) return;
        group.asking = true;
        serve(group).catch((error: Error) => {
          groups.delete(group.key);
          for (const left of group.queue.splice(0)) left.fail(error);
        });
      });
    },
    waiting: () => [...groups.values()].reduce((sum, group) => sum + group.queue.length, 0),
    idle: () => groups.size === 0 && now() > expectedUntil,
  };
}
