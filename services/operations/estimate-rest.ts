import type { OperationRow } from './operations';

/** Less than this tells nothing of the pace: the first calls wait for nobody, and a look is followed by ten writes. */
const LEAST_SECONDS = 10;
const LEAST_DONE = 20;

/**
 * The rest of an operation at the pace at which it has gone on since it began its present kind of work, or was resumed. Time
 * in which nothing moved counts: what keeps a base waiting makes the estimate longer. Empty before there is enough to tell.
 */
export function estimateRest(
  row: Pick<OperationRow, 'status' | 'progress' | 'paced_since' | 'paced_from'>,
  now: Date,
): { secondsLeft?: number } {
  const { status, progress, paced_since: since, paced_from: from } = row;
  if (!progress || !since || from === null || (status !== 'running' && status !== 'compensating')) return {};
  const seconds = (now.getTime() - since.getTime()) / 1_000;
  const done = progress.done - from;
  if (seconds < LEAST_SECONDS || done < LEAST_DONE || progress.total <= progress.done) return {};
  return { secondsLeft: Math.ceil(((progress.total - progress.done) * seconds) / done) };
}
