import { NativeConnection } from '@temporalio/worker';
import pino from 'pino';
import { createActivities } from '../activities/create-activities';
import { readConfig } from '../services/config';
import { createServices } from '../services/create-services';
import { createTemporalClient } from '../temporal-config/connection';
import { ensureSearchAttributes } from '../temporal-config/search-attributes';
import { TASK_QUEUES, type TaskQueue } from '../temporal-config/task-queues';
import { startApprovalKeeper } from './approval-keeper';
import { createWorkers } from './create-workers';
import { startEngineKeeper } from './engine-keeper';
import { startKeepers } from './keepers';
import { installRuntimeLogger } from './logging';
import { startMetricsServer } from './metrics-server';
import { startWitnessKeeper } from './witness-keeper';

const HELP = `Usage: node dist/workers/main.js [--queues ${TASK_QUEUES.join(',')}]
Runs workflows and activities. By default a process serves all task queues.`;

function queuesOf(args: readonly string[]): TaskQueue[] {
  if (args.includes('--help')) {
    console.log(HELP);
    process.exit(0);
  }
  if (args.length === 0) return [...TASK_QUEUES];
  const [flag, list, ...rest] = args;
  const asked = (list ?? '').split(',');
  const known = TASK_QUEUES.filter((q) => asked.includes(q));
  if (flag !== '--queues' || rest.length || known.length !== asked.length)
    throw new Error(`I do not understand ${args.join(' ')}.\n${HELP}`);
  return known;
}

/** `node dist/workers/main.js`: carries out workflows and activities, and keeps rows and Temporal in step. */
async function main(): Promise<void> {
  const queues = queuesOf(process.argv.slice(2));
  const config = readConfig(process.env);
  const logger = pino({ level: config.logLevel, name: 'worker' });
  installRuntimeLogger(logger);
  const services = createServices(config, (error) =>
    logger.error({ err: error }, 'work in the background failed and will be repeated'),
  );
  const temporal = createTemporalClient(config);
  await ensureSearchAttributes(temporal);
  const connection = await NativeConnection.connect({ address: config.temporalAddress });
  const workers = await createWorkers({ connection, config, queues, activities: createActivities(services) });
  const { metricsPort } = config;
  const stopMetrics =
    metricsPort === undefined
      ? () => undefined
      : await startMetricsServer({ metrics: services.metrics, port: metricsPort, logger });
  const keepers = queues.includes('operations')
    ? [
        startKeepers({ operations: services.operations, temporal, logger }),
        startEngineKeeper({ ...services, logger }),
        startApprovalKeeper({ ...services, logger }),
      ]
    : [];
  if (queues.includes('airtable')) keepers.push(startWitnessKeeper({ ...services, logger }));
  logger.info({ queues, pid: process.pid }, 'the worker is running');
  try {
    // The SDK stops each worker on SIGINT and SIGTERM; run() then returns.
    await Promise.all(workers.map((worker) => worker.run()));
  } finally {
    stopMetrics();
    for (const stop of keepers) stop();
    await Promise.allSettled([connection.close(), temporal.connection.close(), services.close()]);
  }
}

main().then(
  () => process.exit(0),
  (error: unknown) => {
    console.error(error instanceof Error ? error.message : error);
    process.exit(1);
  },
);
