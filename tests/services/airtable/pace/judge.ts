/** Counts arrivals in a sliding window, as Airtable does by all we know: its own arithmetic, nothing of the limiter. */
export interface Judge {
  /** False when there were `most` in the second before already. */
  readonly arrive: (who?: string) => boolean;
  readonly arrivals: readonly { readonly at: number; readonly who: string; readonly refused: boolean }[];
}

export function createJudge(most: number, restMs = 0, now = () => performance.now()): Judge {
  const arrivals: { at: number; who: string; refused: boolean }[] = [];
  let restsUntil = -Infinity;
  let admitted: number[] = [];
  return {
    arrivals,
    arrive(who = '') {
      const at = now();
      admitted = admitted.filter((time) => at - time < 1_000);
      const over = admitted.length >= most;
      const refused = at < restsUntil || over;
      if (!refused) admitted.push(at);
      if (over && at >= restsUntil) restsUntil = at + restMs;
      arrivals.push({ at, who, refused });
      return !refused;
    },
  };
}

/** Most arrivals within any second. */
export function mostInASecond(times: readonly number[]): number {
  const sorted = [...times].sort((a, b) => a - b);
  let most = 0;
  let start = 0;
  sorted.forEach((time, end) => {
    while (time - (sorted[start] ?? time) >= 1_000) start++;
    most = Math.max(most, end - start + 1);
  });
  return most;
}
