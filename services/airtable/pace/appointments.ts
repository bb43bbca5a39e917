/** Thrown to a call whose turn would not come in time. */
export class TurnTooFar extends Error {
  constructor(
    /** When coming again is of use (ms from now). */
    readonly retryAfterMs: number,
  ) {
    super('the turn would not come in time');
    this.name = 'TurnTooFar';
  }
}

/**
 * Later and later times for those that are turned away, an interval apart: a thousand that came at once do not come
 * back at once, and each is told about when it can really go.
 */
export interface Appointments {
  make(at: number, intervalMs: number): number;
}

/** No appointment is farther off than this after the time that was free. */
const FARTHEST_MS = 60_000;

export function createAppointments(now: () => number): Appointments {
  let last = -Infinity;
  return {
    make(at, intervalMs) {
      last = Math.max(at, Math.min(last + intervalMs, at + FARTHEST_MS));
      return last + Math.random() * Math.min(0.1 * (last - now()), 2_000);
    },
  };
}
