import type { Services } from '../services/create-services';
import type { Logger } from 'pino';

/** The API does this work right after each commit; here is done what a crash, a delay or a retry left. */
const WORK_EVERY_MS = 5_000;
const COLLECT_EVERY_MS = 3_600_000;

/** Looks after what the engine's writes leave behind; returns the function that stops it. */
export function startEngineKeeper({
  background,
  collectGarbage,
  logger,
}: Pick<Services, 'background' | 'collectGarbage'> & { readonly logger: Logger }): () => void {
  const working = setInterval(() => void background.runAll(), WORK_EVERY_MS);
  const collecting = setInterval(() => {
    collectGarbage().then(
      () => undefined,
      (error: unknown) => logger.warn({ err: error }, 'what the engine needs no more could not be removed'),
    );
  }, COLLECT_EVERY_MS);
  return () => {
    clearInterval(working);
    clearInterval(collecting);
  };
}
