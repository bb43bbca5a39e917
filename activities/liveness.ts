import { Context } from '@temporalio/activity';
import type { Liveness } from '../services/liveness';

/** The running activity's own cancellation and heartbeat. */
export function liveness(): Liveness {
  const context = Context.current();
  return { signal: context.cancellationSignal, heartbeat: (details) => context.heartbeat(details) };
}
