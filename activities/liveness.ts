import { Context } from '@temporalio/activity';
import type { Liveness } from '../services/edits/edits';

/** How the services stay cancellable and are seen to be alive without knowing Temporal. */
export function liveness(): Liveness {
  const context = Context.current();
  return { signal: context.cancellationSignal, heartbeat: (details) => context.heartbeat(details) };
}
