import { Context } from '@temporalio/activity';
import type { Liveness } from '../services/edits/edits';

/** How often long work shows that it is alive; a dead worker is noticed after 10 s. */
const BEAT_MS = 2_000;

/** How the services stay cancellable and are seen to be alive without knowing Temporal. */
export function liveness(): Liveness {
  const context = Context.current();
  return { signal: context.cancellationSignal, heartbeat: (details) => context.heartbeat(details) };
}

/** Heartbeats by the clock while `work` runs: reading a large table may bring nothing to report for long. */
export async function beating<T>(work: (live: Liveness) => Promise<T>): Promise<T> {
  const live = liveness();
  const beat = setInterval(() => live.heartbeat(), BEAT_MS);
  try {
    return await work(live);
  } finally {
    clearInterval(beat);
  }
}
