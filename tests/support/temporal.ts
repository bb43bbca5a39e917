import { randomBytes } from 'node:crypto';
import { Client, Connection } from '@temporalio/client';
import { DefaultLogger, NativeConnection, Runtime, Worker, type WorkerOptions } from '@temporalio/worker';
import Long from 'long';
import { parseKeyRing } from '../../services/encryption';
import { createDataConverter } from '../../temporal-config/data-converter';
import { ensureSearchAttributes } from '../../temporal-config/search-attributes';
import { TASK_QUEUES } from '../../temporal-config/task-queues';
import { bundleWorkflows } from '../../workers/create-workers';
import { pollUntil } from './poll';

/** A key that is no secret: stored histories are encrypted with it. */
export const TEST_KEYS = `test:${Buffer.from('sagatable tests: no secret here!').toString('base64')}`;
const DAY = 86_400;

// Failing workflows are what many tests are about: only faults of the SDK itself are worth a line.
Runtime.install({ logger: new DefaultLogger('ERROR') });

export interface TestTemporal {
  readonly client: Client;
  readonly namespace: string;
  /** Workers of every queue with these activities, running while `work` runs. */
  runWorkers<T>(activities: object, work: () => Promise<T>, options?: Partial<WorkerOptions>): Promise<T>;
  close(): Promise<void>;
}

/** A namespace of its own on the test server: nobody else's workflows, task queues or ids. */
export async function createTestTemporal(): Promise<TestTemporal> {
  const address = process.env['TEMPORAL_ADDRESS'] ?? '';
  const namespace = `test-${randomBytes(6).toString('hex')}`;
  const connection = await Connection.connect({ address });
  const dataConverter = createDataConverter(parseKeyRing(TEST_KEYS));
  await connection.workflowService.registerNamespace({
    namespace,
    workflowExecutionRetentionPeriod: { seconds: Long.fromNumber(DAY) },
  });
  const client = new Client({ connection, namespace, dataConverter });
  await pollUntil('the new namespace is usable', async () => {
    try {
      await ensureSearchAttributes(client);
      await client.workflow.count('SagatableOutcome = "none"');
      return true;
    } catch {
      // The server learns of namespaces and search attributes with a delay.
      return false;
    }
  });
  const native = await NativeConnection.connect({ address });
  let bundle: Promise<{ code: string }> | undefined;

  return {
    client,
    namespace,
    async runWorkers(activities, work, options = {}) {
      const workflowBundle = options.workflowBundle ?? (await (bundle ??= bundleWorkflows()));
      const workers = await Promise.all(
        TASK_QUEUES.map((taskQueue) =>
          Worker.create({
            connection: native,
            namespace,
            taskQueue,
            activities,
            dataConverter,
            shutdownForceTime: '5 seconds',
            ...(taskQueue === 'operations' ? { ...options, workflowBundle } : {}),
          }),
        ),
      );
      const [first, ...rest] = workers;
      if (!first) throw new Error('there are no task queues');
      const others = rest.map((worker) => worker.run());
      try {
        return await first.runUntil(work());
      } finally {
        for (const worker of rest) worker.shutdown();
        await Promise.all(others);
      }
    },
    async close() {
      await native.close();
      await connection.close();
    },
  };
}
