import { ConnectionLost, Problem, sleep } from './http.js';

const FIRST_MS = 400;
const LONGEST_MS = 5_000;
/** How often an answer "not at the moment" (429, 503) is taken for a passing state. */
const REFUSALS = 5;

/** The wait before attempt `n` (from 0) in milliseconds: doubling, half of it by chance so that tabs do not come in step. */
export function backoff(n) {
  const full = Math.min(LONGEST_MS, FIRST_MS * 2 ** n);
  return full / 2 + (Math.random() * full) / 2;
}

/**
 * Repeats `task` while the connection is lost or the server is not ready; everything else it throws is thrown on.
 * Only for requests that may be sent twice: reads, and those with an Idempotency-Key.
 */
export async function persist(task, { connection, signal }) {
  let refusals = 0;
  for (let attempt = 0; ; attempt += 1) {
    try {
      const result = await task();
      connection.reportReached();
      return result;
    } catch (error) {
      if (signal?.aborted) throw error;
      const lost = error instanceof ConnectionLost;
      if (!lost) connection.reportReached();
      const busy = error instanceof Problem && (error.status === 429 || error.status === 503);
      if (!lost && !(busy && ++refusals < REFUSALS)) throw error;
      if (lost) connection.reportLost();
      await sleep(Math.max(backoff(attempt), Math.min(error.retryAfterMs ?? 0, 10_000)), signal);
    }
  }
}
