import { DefaultLogger, Runtime } from '@temporalio/worker';
import type { Logger } from 'pino';

/** Sends the SDK's own lines to our log. Failure messages can hold a customer's text: the type and ids are enough there. */
export function installRuntimeLogger(logger: Logger): void {
  Runtime.install({
    logger: new DefaultLogger('INFO', ({ level, message, meta }) => {
      const { error, ...facts } = meta ?? {};
      const failure =
        error instanceof Error
          ? { failure: 'type' in error && typeof error.type === 'string' ? error.type : error.name }
          : {};
      const write = level === 'ERROR' ? logger.error : level === 'WARN' ? logger.warn : logger.debug;
      write.call(logger, { ...facts, ...failure }, message);
    }),
  });
}
