import { proxyActivities, ActivityCancellationType } from '@temporalio/workflow';
import { z } from 'zod';
import { operation } from '../../workflows/operation';

interface Recorder {
  act(what: string): Promise<void>;
  slow(): Promise<void>;
}

const { act, slow } = proxyActivities<Recorder>({
  startToCloseTimeout: '30 seconds',
  heartbeatTimeout: '5 seconds',
  cancellationType: ActivityCancellationType.WAIT_CANCELLATION_COMPLETED,
  retry: { maximumAttempts: 1 },
});

const plain = {
  route: null,
  scope: null,
  tool: false,
  tenancy: 'workspace',
  input: z.unknown(),
  output: z.unknown(),
} as const;

/** Three steps and an ending: enough to fail at each place. */
export const threeSteps = operation({
  name: 'threeSteps',
  title: 'Three steps',
  ...plain,
  async run(saga, input: { failAt: string }) {
    for (const name of ['one', 'two', 'three']) {
      await saga.step(name, { do: () => act(`do ${name}`), undo: () => act(`undo ${name}`) });
    }
    if (input.failAt === 'end') await act('end');
    return 'all done';
  },
});

/** One finished step, then a long one: what is cancelled, paused or left standing. */
export const slowStep = operation({
  name: 'slowStep',
  title: 'A slow step',
  ...plain,
  async run(saga) {
    await saga.step('quick', { do: () => act('do quick'), undo: () => act('undo quick') });
    await saga.waitWhilePaused();
    await saga.step('slow', { do: () => slow(), undo: () => act('undo slow') });
    return 'slowly done';
  },
});
