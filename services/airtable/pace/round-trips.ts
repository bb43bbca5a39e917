/** Round trips kept of each kind of request, and the kinds kept. */
const KEPT = 128;
const KINDS_KEPT = 500;
/** Before so many of a kind were seen, nothing is known of its way. */
const NEEDED = 5;

/**
 * What the answers tell about when requests arrived. A round trip is the way there, the work and the way back. The
 * shortest possible one has nothing in it that could be spared; what another takes longer may all have been on the way
 * there, so that it is how late that request can have arrived at most.
 */
export interface RoundTrips {
  /** How much longer (ms) than the shortest possible one; undefined while too few were seen. */
  note(host: string, kind: string, ms: number): number | undefined;
}

export function createRoundTrips(): RoundTrips {
  const kept = new Map<string, number[]>();

  function noteOf(key: string, ms: number): number | undefined {
    const seen = kept.get(key) ?? [];
    // Those longest unused are forgotten first.
    kept.delete(key);
    kept.set(key, seen);
    const [oldest] = kept.keys();
    if (kept.size > KINDS_KEPT && oldest !== undefined) kept.delete(oldest);
    seen.push(ms);
    if (seen.length > KEPT) seen.shift();
    return seen.length < NEEDED ? undefined : Math.max(0, ms - shortestPossible(seen));
  }

  return {
    note(host, kind, ms) {
      // Both are bounds: a kind of which little is known takes no less than the quickest of that host.
      const ofHost = noteOf(host, ms);
      const ofKind = noteOf(`${host} ${kind}`, ms);
      return ofKind === undefined || ofHost === undefined ? ofHost : Math.min(ofKind, ofHost);
    },
  };
}

/**
 * The shortest one seen, less what it can have in it itself: the fewer were seen and the more they differ, the more. For
 * even, independent delays there and back, the shortest of `n` is about 1.25 / √n of the median above the shortest
 * possible; the factor is a little larger, because the median that was seen is not the true one either.
 */
function shortestPossible(seen: readonly number[]): number {
  const sorted = [...seen].sort((a, b) => a - b);
  const shortest = sorted[0] ?? 0;
  const median = sorted[sorted.length >> 1] ?? shortest;
  return shortest - ((median - shortest) * 1.5) / (Math.sqrt(seen.length) - 1.25);
}
