import type { Logger } from 'pino';
import { SagatableError } from '../contracts/errors';
import type { Services } from '../services/create-services';

const LOOK_EVERY_MS = 1_000;
const PRUNE_EVERY_MS = 3_600_000;
/** Watches that one process polls at the same time. */
const AT_ONCE = 8;

/** Polls watched bases that are due, together with the other processes; returns the function that stops it. */
export function startWitnessKeeper({
  witness,
  logger,
}: Pick<Services, 'witness'> & { readonly logger: Logger }): () => void {
  const stopping = new AbortController();
  let under = 0;
  let looking = false;

  async function look(): Promise<void> {
    const claims = await witness.claimDue(AT_ONCE - under);
    for (const claim of claims) {
      under++;
      void witness
        .keep(claim, stopping.signal)
        .then((failure) => {
          // What went wrong at Airtable is in the watch's row, for whoever asked for it.
          if (failure !== undefined && !(failure instanceof SagatableError))
            logger.warn({ err: failure }, 'a watched base could not be polled');
        })
        .catch((error: unknown) => logger.warn({ err: error }, 'the round of a watched base could not end'))
        .finally(() => under--);
    }
  }

  const polling = setInterval(() => {
    if (looking || under >= AT_ONCE) return;
    looking = true;
    look()
      .catch((error: unknown) => logger.warn({ err: error }, 'watched bases could not be looked up'))
      .finally(() => (looking = false));
  }, LOOK_EVERY_MS);
  const pruning = setInterval(() => {
    witness.prune().then(
      () => undefined,
      (error: unknown) => logger.warn({ err: error }, 'old changes of watched bases could not be removed'),
    );
  }, PRUNE_EVERY_MS);
  return () => {
    clearInterval(polling);
    clearInterval(pruning);
    stopping.abort();
  };
}
