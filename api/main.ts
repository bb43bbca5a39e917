import pino from 'pino';
import { readConfig } from '../services/config';
import { createServices } from '../services/create-services';
import { createTemporalClient } from '../temporal-config/connection';
import { createApp } from './app';

/** How long open requests may take to end when the process is asked to stop. */
const DRAIN_MS = 8_000;

/** `node dist/api/main.js`: the doors. */
async function main(): Promise<void> {
  const config = readConfig(process.env);
  const logger = pino({ level: config.logLevel, name: 'api' });
  const services = createServices(config);
  const temporal = createTemporalClient(config);
  const app = createApp({ config, services, temporal, logger, uiUrl: `${config.apiUrl}/temporal` });
  const server = app.listen(config.apiPort, config.apiHost, (error?: Error) => {
    if (error) {
      console.error(`The API cannot listen on port ${config.apiPort}: ${error.message}. Set API_PORT to a free one.`);
      process.exit(1);
    }
    logger.info({ port: config.apiPort }, 'the API is listening');
  });

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
