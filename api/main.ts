import { createServer } from 'node:http';
import pino from 'pino';
import { readConfig } from '../services/config';
import { createServices } from '../services/create-services';
import { createTemporalClient } from '../temporal-config/connection';
import { createApp } from './app';

/** How long open requests may take to end when the process is asked to stop. */
const DRAIN_MS = 8_000;
/** Airtable takes URLs of up to 16,000 characters; Node's own limit for all headers together is 16 KB. */
const MAX_HEADER_BYTES = 65_536;

/** `node dist/api/main.js`: the doors. */
async function main(): Promise<void> {
  const config = readConfig(process.env);
  const logger = pino({ level: config.logLevel, name: 'api' });
  const services = createServices(config, (error) =>
    logger.error({ err: error }, 'work in the background failed and will be repeated'),
  );
  const temporal = createTemporalClient(config);
  const app = createApp({ config, services, temporal, logger, uiUrl: `${config.apiUrl}/temporal` });
  const server = createServer({ maxHeaderSize: MAX_HEADER_BYTES }, app);
  server.on('error', (error) => {
    console.error(
      `The API cannot listen on port ${config.apiPort}: ${error.message}. Set API_PORT to a free one.`,
    );
    process.exit(1);
  });
  server.listen(config.apiPort, config.apiHost, () =>
    logger.info({ port: config.apiPort }, 'the API is listening'),
  );

  const stop = () => {
    const drained = setTimeout(() => server.closeAllConnections(), DRAIN_MS);
    server.close(() => {
      clearTimeout(drained);
      void Promise.all([services.close(), temporal.connection.close()]).finally(() => process.exit(0));
    });
    server.closeIdleConnections();
  };
  process.once('SIGTERM', stop);
  process.once('SIGINT', stop);
}

main().catch((error: unknown) => {
  console.error(error instanceof Error ? error.message : error);
  process.exit(1);
});
