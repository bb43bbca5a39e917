import { bundleWorkflowCode, DefaultLogger, NativeConnection, Runtime, Worker } from '@temporalio/worker';
import { mapErrors } from '../activities/failures';
import { readConfig } from '../services/config';
import { createServices } from '../services/create-services';
import { parseKeyRing } from '../services/encryption';
import { createDataConverter, failureConverterPath } from '../temporal-config/data-converter';
import { createMeasuredActivities } from './operations-activities';
import { OWN_QUEUE, PLAIN_QUEUE } from './operations-runs';

/** `node dist/bench/operations-workers-main.js`: both sides' workers in one process, so that they share what it costs. */
async function main(): Promise<void> {
  Runtime.install({ logger: new DefaultLogger('WARN') });
  const config = readConfig(process.env);
  const services = createServices(config);
  const connection = await NativeConnection.connect({ address: config.temporalAddress });
  const workflowBundle = await bundleWorkflowCode({
    workflowsPath: require.resolve('./operations-workflows'),
    failureConverterPath,
    logger: new DefaultLogger('WARN'),
  });
  const activities = mapErrors(createMeasuredActivities(services));
  const common = { connection, namespace: config.temporalNamespace, workflowBundle, activities };
  const dataConverter = createDataConverter(parseKeyRing(config.encryptionKeys));
  const workers = [
    await Worker.create({ ...common, taskQueue: OWN_QUEUE, dataConverter }),
    await Worker.create({ ...common, taskQueue: PLAIN_QUEUE }),
  ];
  await Promise.all(workers.map((worker) => worker.run()));
  await connection.close();
  await services.close();
}

main().then(
  () => process.exit(0),
  (error: unknown) => {
    console.error(error);
    process.exit(1);
  },
);
