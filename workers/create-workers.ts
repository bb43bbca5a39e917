import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { bundleWorkflowCode, Worker, type NativeConnection, type WorkerOptions } from '@temporalio/worker';
import type { Activities } from '../activities/create-activities';
import type { Config } from '../services/config';
import { parseKeyRing } from '../services/encryption';
import { createDataConverter, failureConverterPath } from '../temporal-config/data-converter';
import type { TaskQueue } from '../temporal-config/task-queues';

/** Made by `npm run build`, so that a restarted worker is back in a second instead of five. */
export const BUNDLE_FILE = 'workflow-bundle.js';

/** Bundles the workflows of this tree for the sandbox. */
export function bundleWorkflows(): Promise<{ code: string }> {
  return bundleWorkflowCode({ workflowsPath: require.resolve('../workflows'), failureConverterPath });
}

/** Slots by queue: bulkheads, so that a slow outside never takes the slots of our own steps. */
const SLOTS: Readonly<Record<TaskQueue, Partial<WorkerOptions>>> = {
  operations: {
    maxConcurrentActivityTaskExecutions: 50,
    maxConcurrentLocalActivityExecutions: 20,
    maxCachedWorkflows: 200,
  },
  // A cancel reaches an activity with its next heartbeat: they are not held back for most of their timeout.
  airtable: { maxConcurrentActivityTaskExecutions: 20, maxHeartbeatThrottleInterval: '1 second' },
  models: { maxConcurrentActivityTaskExecutions: 20 },
};

interface Options {
  readonly connection: NativeConnection;
  readonly config: Config;
  readonly queues: readonly TaskQueue[];
  readonly activities: Activities;
}

/** One worker a queue; only `operations` runs workflows. */
export async function createWorkers({ connection, config, queues, activities }: Options): Promise<Worker[]> {
  const built = join(__dirname, '..', BUNDLE_FILE);
  const workflowBundle = existsSync(built) ? { codePath: built } : await bundleWorkflows();
  return Promise.all(
    queues.map((queue) =>
      Worker.create({
        connection,
        namespace: config.temporalNamespace,
        taskQueue: queue,
        activities,
        dataConverter: createDataConverter(parseKeyRing(config.encryptionKeys)),
        shutdownGraceTime: '5 seconds',
        ...SLOTS[queue],
        ...(queue === 'operations' ? { workflowBundle } : {}),
      }),
    ),
  );
}
