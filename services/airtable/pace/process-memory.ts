import type { Lane } from '../limits';
import type { CallPaces, Pace } from './paces';
import { createProcessCount, type ProcessCount } from './process-count';
import { LEAST_PART, rateAt, type Cut } from './recovery';
import { ASSUMED_LATE_MS, BULK_PART_OF_USER, EMPTY_HOLD_MS, MARGIN_MS, WINDOW_MS } from './timing';

/** Above this many paces those without a future are forgotten. */
const PACES_KEPT = 1_000;

/** What Redis says of a line with each answer, in milliseconds from now. */
interface Told {
  readonly stillMs: number;
  readonly userStillMs?: number | undefined;
  readonly cut?: number | undefined;
  readonly cutInMs?: number | undefined;
  readonly processes?: number | undefined;
}

/**
 * What one process remembers of its paces. While Redis does not answer it keeps to its own part of every limit by it,
 * and a Redis that comes back empty learns rests and cuts from it.
 */
export interface ProcessMemory {
  /** The part of a question that a Redis which knows less is taught by. */
  tell(paces: CallPaces): {
    readonly stillMs: number;
    readonly userStillMs: number;
    readonly cut?: number;
    readonly cutInMs?: number;
    /** This process gave itself slots of the line lately, which Redis has not heard of. */
    readonly wasLocal?: true;
  };
  learn(paces: CallPaces, told: Told, at: number): void;
  /** Remembers a slot of this process. */
  note(paces: CallPaces, at: number, lane: Lane, local: boolean): void;
  /** The earliest slot that this process may give itself when Redis has not answered since `downSince`. */
  earliest(paces: CallPaces, lane: Lane, downSince: number): number;
  rest(pace: Pace, ms: number): void;
  /** Halves a line's pace where Redis is not there to do it. */
  halve(pace: Pace, restMs: number): void;
  /** Until when a pace rests. */
  stillUntil(pace: Pace): number;
  /** The line's rate of now, in requests a second. */
  rateOf(pace: Pace): number;
  readonly count: ProcessCount;
}

interface Remembered {
  /** Own slots, oldest first, not more than the pace's window. */
  readonly slots: number[];
  /** The last one of a bulk call, which has less of a user's rate. */
  lastBulk: number;
  lastLocal: number;
  stillUntil: number;
  cut: Cut | undefined;
}

/** `now` gives milliseconds that only grow. */
export function createProcessMemory(now: () => number): ProcessMemory {
  const paces = new Map<string, Remembered>();
  const count = createProcessCount();

  function of({ key }: Pace): Remembered {
    const known = paces.get(key);
    if (known) return known;
    if (paces.size >= PACES_KEPT) forget();
    const fresh = { slots: [], lastBulk: -Infinity, lastLocal: -Infinity, stillUntil: 0, cut: undefined };
    paces.set(key, fresh);
    return fresh;
  }

  /** Longer ago than any interval that is in use, nothing of a slot matters any more. */
  function forget(): void {
    const past = now() - 60_000;
    for (const [key, it] of paces) {
      if (it.stillUntil < now() && (it.slots.at(-1) ?? 0) < past && (it.cut?.from ?? 0) < past - 600_000)
        paces.delete(key);
    }
  }

  const rateOf = (pace: Pace) => rateAt(pace.perSecond, of(pace).cut, now());

  function freeAt(pace: Pace, lane: Lane, isUser: boolean): number {
    const { slots, lastBulk, stillUntil } = of(pace);
    const intervalMs = (1_000 * count.parts()) / rateOf(pace);
    let at = Math.max(stillUntil, (slots.at(-1) ?? -Infinity) + intervalMs);
    if (isUser && lane === 'bulk') at = Math.max(at, lastBulk + intervalMs / BULK_PART_OF_USER);
    if (pace.window) {
      // Parts of a window are whole requests: 5 between 2 processes are 2 and 2.
      const nth = slots.at(-Math.max(1, Math.floor(pace.window / count.parts())));
      if (nth !== undefined) at = Math.max(at, nth + WINDOW_MS + MARGIN_MS + ASSUMED_LATE_MS);
    }
    return at;
  }

  const stillUntil = (pace: Pace) => of(pace).stillUntil;
  const all = ({ line, share, user }: CallPaces) => [line, share, user].filter((pace) => pace !== undefined);

  return {
    tell({ line, user }) {
      const { cut, lastLocal } = of(line);
      return {
        stillMs: Math.max(0, stillUntil(line) - now()),
        userStillMs: user ? Math.max(0, stillUntil(user) - now()) : 0,
        ...(cut ? { cut: cut.perSecond, cutInMs: cut.from - now() } : {}),
        ...(now() - lastLocal < EMPTY_HOLD_MS ? { wasLocal: true } : {}),
      };
    },
    learn({ line, user }, told, at) {
      const it = of(line);
      if (told.processes !== undefined) it.lastLocal = -Infinity;
      it.stillUntil = Math.max(it.stillUntil, told.stillMs > 0 ? at + told.stillMs : 0);
      it.cut = told.cut === undefined ? undefined : { perSecond: told.cut, from: at + (told.cutInMs ?? 0) };
      if (user && told.userStillMs) of(user).stillUntil = Math.max(stillUntil(user), at + told.userStillMs);
      if (told.processes !== undefined) count.note(told.processes, at);
    },
    note(callPaces, at, lane, local) {
      for (const pace of all(callPaces)) {
        const it = of(pace);
        it.slots.push(at);
        if (it.slots.length > Math.max(1, pace.window)) it.slots.shift();
        if (lane === 'bulk') it.lastBulk = at;
        if (local) it.lastLocal = at;
      }
    },
    earliest({ line, share, user }, lane, downSince) {
      // What others sent until then is not known, and may fill the window.
      let at = Math.max(now(), downSince + EMPTY_HOLD_MS, freeAt(line, lane, false));
      if (share) at = Math.max(at, freeAt(share, lane, false));
      if (user) at = Math.max(at, freeAt(user, lane, true));
      return at;
    },
    rest(pace, ms) {
      const it = of(pace);
      it.stillUntil = Math.max(it.stillUntil, now() + ms);
    },
    halve(pace, restMs) {
      const perSecond = Math.max(pace.perSecond * LEAST_PART, rateOf(pace) / 2);
      of(pace).cut = { perSecond, from: now() + 2 * restMs };
    },
    stillUntil,
    rateOf,
    count,
  };
}
