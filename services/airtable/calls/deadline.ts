import type { CallOptions } from '../client';
import { GATEWAY_LIMITS } from '../limits';

/** The options for each request of a call that is made of several: together they have the one deadline of the call. */
export function shareDeadline(options: CallOptions): () => CallOptions {
  const endsAt = performance.now() + (options.deadlineMs ?? GATEWAY_LIMITS.deadlineMs);
  return () => ({ ...options, deadlineMs: Math.max(0, endsAt - performance.now()) });
}
