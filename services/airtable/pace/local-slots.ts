import { intervalMs, type Pace, type Reservation } from './reservation';

/** Above this many keys those without a future are forgotten. */
const KEYS_KEPT = 1_000;

/**
 * One process's own knowledge of slots: what it took itself, in Redis or not. It stands in while Redis does not
 * answer, and gives Redis the earliest slot, so that a Redis that comes back empty starts no burst.
 */
export interface LocalSlots {
  reserve(paces: readonly Pace[], maxWaitMs: number): Reservation;
  /** Remembers a slot that Redis gave; `at` by this process's clock. */
  note(paces: readonly Pace[], at: number): void;
  still(paces: readonly Pace[], ms: number): void;
  stillMs(paces: readonly Pace[]): number;
  /** Milliseconds until the earliest slot that our own slots and still marks leave. */
  earliestMs(paces: readonly Pace[]): number;
}

/** `now` gives milliseconds that only grow. */
export function createLocalSlots(now: () => number): LocalSlots {
  const taken = new Map<string, number[]>();
  const stillUntil = new Map<string, number>();

  function slotsOf(pace: Pace): number[] {
    const slots = (taken.get(pace.key) ?? []).filter((at) => at > now() - intervalMs(pace));
    taken.set(pace.key, slots);
    return slots;
  }

  function take(paces: readonly Pace[], at: number): void {
    for (const pace of paces) slotsOf(pace).push(at);
    if (taken.size + stillUntil.size < KEYS_KEPT) return;
    // Ten seconds is longer than any interval in use.
    for (const [key, slots] of taken) if (slots.every((slot) => slot < now() - 10_000)) taken.delete(key);
    for (const [key, until] of stillUntil) if (until < now()) stillUntil.delete(key);
  }

  function earliest(paces: readonly Pace[]): number {
    let at = now();
    for (const pace of paces) {
      at = Math.max(at, stillUntil.get(pace.key) ?? 0);
      if (pace.order === 'queue')
        for (const slot of slotsOf(pace)) at = Math.max(at, slot + intervalMs(pace));
    }
    return at;
  }

  return {
    reserve(paces, maxWaitMs) {
      const start = now();
      let at = earliest(paces);
      const crowded = (pace: Pace) =>
        slotsOf(pace).filter((slot) => Math.abs(slot - at) < intervalMs(pace) - 0.01);
      const gaps = paces.filter((pace) => pace.order === 'gaps');
      for (let moved = true; moved;) {
        moved = false;
        for (const pace of gaps) {
          const near = crowded(pace);
          if (near.length) [at, moved] = [Math.max(...near) + intervalMs(pace), true];
        }
      }
      const waitMs = at - start;
      if (waitMs > maxWaitMs) return { granted: false, waitMs };
      take(paces, at);
      return { granted: true, waitMs };
    },
    note: take,
    still(paces, ms) {
      for (const { key } of paces) stillUntil.set(key, Math.max(stillUntil.get(key) ?? 0, now() + ms));
    },
    stillMs: (paces) => Math.max(0, ...paces.map(({ key }) => (stillUntil.get(key) ?? 0) - now())),
    earliestMs: (paces) => earliest(paces) - now(),
  };
}
