/**
 * Gives each of `wanted` a different one of `offered` that fits it, as many as can be given at all: who could take several
 * makes way for who could take one. Index of the offer by index of the wanted; those without one are left out. The earlier
 * of two offers is taken where either does.
 */
export function matchUp(
  wanted: number,
  offered: number,
  fits: (wanted: number, offered: number) => boolean,
): Map<number, number> {
  const takenBy = new Map<number, number>();

  // Kuhn's way: whoever holds what is wanted is asked to take another, each offer tried once a round.
  function place(who: number, tried: Set<number>): boolean {
    for (let offer = 0; offer < offered; offer++) {
      if (tried.has(offer) || !fits(who, offer)) continue;
      tried.add(offer);
      const holder = takenBy.get(offer);
      if (holder !== undefined && !place(holder, tried)) continue;
      takenBy.set(offer, who);
      return true;
    }
    return false;
  }

  for (let who = 0; who < wanted; who++) place(who, new Set());
  return new Map([...takenBy].map(([offer, who]) => [who, offer]));
}
