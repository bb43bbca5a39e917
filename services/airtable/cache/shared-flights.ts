import { SagatableError } from '../../../contracts/errors';
import { untilAborted } from '../time-limit';

/** Requests of this process that are under way, by name: who asks the same meanwhile gets the same answer. */
export interface SharedFlights {
  /**
   * The text that `fly`, or a flight of this name that is under way already, brings; `own` when it was this caller's. A
   * flight that ended for a reason of its own caller (who left, or whose time was up) is followed by another; what else it
   * failed with is thrown to all. When `signal` fires, this caller flies alone and is told so by their own flight.
   */
  ride(name: string, signal: AbortSignal, fly: () => Promise<string>): Promise<Ride>;
}

export interface Ride {
  readonly text: string;
  readonly own: boolean;
}

/** Reasons that are the first caller's and nobody else's. */
const OWN_REASONS: ReadonlySet<string> = new Set(['cancelled', 'deadline_exceeded']);

export function createSharedFlights(): SharedFlights {
  const flights = new Map<string, Promise<string>>();

  /** Undefined when the flight ended without an answer for this caller. */
  async function join(flight: Promise<string>, signal: AbortSignal): Promise<string | undefined> {
    try {
      return await untilAborted(flight, signal);
    } catch (error) {
      if (signal.aborted) return undefined;
      if (error instanceof SagatableError && OWN_REASONS.has(error.code)) return undefined;
      throw error;
    }
  }

  return {
    async ride(name, signal, fly) {
      for (let under = flights.get(name); under && !signal.aborted; under = flights.get(name)) {
        const text = await join(under, signal);
        if (text !== undefined) return { text, own: false };
      }
      // Nothing is awaited between the last look and this: of several that look at once, one flies.
      const flight = fly();
      if (signal.aborted) return { text: await flight, own: true };
      flights.set(name, flight);
      const land = () => void flights.delete(name);
      flight.then(land, land);
      return { text: await flight, own: true };
    },
  };
}
