import { SagatableError } from '../../contracts/errors';

/** Redis answers within a millisecond; one that hangs must not hold a request. */
const DEADLINE_MS = 2_000;

/**
 * The answer of Redis, or Unavailable: without it nobody can be shown to be signed in, so the doors stay closed.
 * `sentence` and `code` say what cannot be done.
 */
export async function answerOf<T>(work: Promise<T>, sentence: string, code: string): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const deadline = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`Redis did not answer within ${DEADLINE_MS} ms`)), DEADLINE_MS);
  });
  try {
    return await Promise.race([work, deadline]);
  } catch (cause) {
    throw new SagatableError('Unavailable', sentence, { code, retryAfterMs: 2_000, cause });
  } finally {
    clearTimeout(timer);
  }
}
