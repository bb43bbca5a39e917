import { ActivityCancellationType, proxyActivities, proxyLocalActivities } from '@temporalio/workflow';
import { z } from 'zod';
import { operation, type Step } from '../workflows/operation';
import type { MeasuredActivities } from './operations-activities';

const cancellationType = ActivityCancellationType.WAIT_CANCELLATION_COMPLETED;
// As workflows/proxies.ts has them.
const local = proxyLocalActivities<MeasuredActivities>({
  startToCloseTimeout: '10 seconds',
  scheduleToCloseTimeout: '5 minutes',
  cancellationType,
  retry: { initialInterval: '100 milliseconds', maximumInterval: '5 seconds' },
});
const ordinary = proxyActivities<MeasuredActivities>({
  startToCloseTimeout: '30 seconds',
  cancellationType,
  retry: { initialInterval: '200 milliseconds', maximumInterval: '1 minute' },
});

const STEPS = ['one', 'two', 'three', 'four', 'five'] as const;

/** What Temporal itself costs: five local activities that do nothing. */
export async function fiveLocalActivities(): Promise<void> {
  for (const step of STEPS) await local.doNothing(step);
}

/** Five ordinary activities that insert a row each, in a transaction of its own. */
export async function fiveInserts(workspaceId: string, operationId: string): Promise<void> {
  for (const step of STEPS) await ordinary.insertRow({ workspaceId, operationId, step });
}

const shape = {
  route: null,
  scope: null,
  tool: false,
  tenancy: 'workspace',
  input: z.unknown(),
  output: z.unknown(),
} as const;

const stepOf = (own: typeof local): Step<void> => ({ do: own.doStep, undo: own.undoStep });

export const fiveOwnSteps = operation({
  name: 'fiveOwnSteps',
  title: 'Five steps on our own stores',
  ...shape,
  async run(saga) {
    for (const name of STEPS) await saga.step(name, stepOf(local));
  },
});

export const fiveJournalledSteps = operation({
  name: 'fiveJournalledSteps',
  title: 'Five ordinary steps, each with its row in the journal',
  ...shape,
  async run(saga) {
    for (const name of STEPS) await saga.step(name, stepOf(ordinary));
  },
});
