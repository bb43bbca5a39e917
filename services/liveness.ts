/** How long work is cancelled and seen to be alive, without knowing Temporal. */
export interface Liveness {
  readonly signal: AbortSignal;
  readonly heartbeat: (details?: unknown) => void;
}

/** How often long work shows that it is alive, in milliseconds; a dead worker is noticed after 10 s. */
const BEAT_MS = 2_000;

/** Heartbeats by the clock while `work` runs: reading a large table may bring nothing to report for long. */
export async function beating<T>(live: Liveness, work: () => Promise<T>): Promise<T> {
  const beat = setInterval(() => live.heartbeat(), BEAT_MS);
  try {
    return await work();
  } finally {
    clearInterval(beat);
  }
}
