import type { Logger } from 'pino';
import type { Services } from '../services/create-services';

const EVERY_MS = 30_000;

/** Marks proposals that ran out and notes reminders that are due; returns the function that stops it. */
export function startApprovalKeeper({
  approvals,
  logger,
}: Pick<Services, 'approvals'> & { readonly logger: Logger }): () => void {
  const timer = setInterval(() => {
    approvals
      .expire()
      .then(() => approvals.remind())
      .catch((error: unknown) => logger.warn({ err: error }, 'a round of the approvals failed'));
  }, EVERY_MS);
  return () => clearInterval(timer);
}
