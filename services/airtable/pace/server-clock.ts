/** Clocks that are being set right run apart by so much at most (adjtime slews by half a millisecond a second). */
const DRIFT = 0.0005;

/** Redis' clock beside this process's own, as narrowly as the answers lately allow. All in milliseconds. */
export interface ServerClock {
  /** Between `askedAt` and `answeredAt` of the own clock Redis' clock said `serverNow`. */
  note(serverNow: number, askedAt: number, answeredAt: number): void;
  /** The own times between which Redis' clock says `at`. */
  own(at: number): { readonly earliest: number; readonly latest: number };
}

export function createServerClock(): ServerClock {
  // Redis' clock less the own one lies between these.
  let least = -Infinity;
  let most = Infinity;
  let notedAt = 0;
  return {
    note(serverNow, askedAt, answeredAt) {
      const drift = (answeredAt - notedAt) * DRIFT;
      notedAt = answeredAt;
      least = Math.max(least - drift, serverNow - answeredAt);
      most = Math.min(most + drift, serverNow - askedAt);
      if (least <= most) return;
      // A clock was set: what was known before is of no use.
      least = serverNow - answeredAt;
      most = serverNow - askedAt;
    },
    own: (at) => ({ earliest: at - most, latest: at - least }),
  };
}
