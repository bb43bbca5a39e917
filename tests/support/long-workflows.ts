import { ActivityCancellationType, proxyActivities } from '@temporalio/workflow';
import { z } from 'zod';
import { operation } from '../../workflows/operation';

/** What the tests count: begun and not yet taken back. */
export interface LongActivities {
  prepare(): Promise<string>;
  unprepare(): Promise<void>;
  /** Does one chunk; answers how many are done. */
  chunk(): Promise<number>;
  /** Takes one chunk back; answers how many are left. */
  undoChunk(): Promise<number>;
}

const { prepare, unprepare, chunk, undoChunk } = proxyActivities<LongActivities>({
  startToCloseTimeout: '30 seconds',
  cancellationType: ActivityCancellationType.WAIT_CANCELLATION_COMPLETED,
  retry: { maximumAttempts: 1 },
});

/** A short step and one of many chunks, as edits have them. */
export const longWork = operation({
  name: 'longWork',
  title: 'Long work',
  route: null,
  scope: null,
  tool: false,
  tenancy: 'workspace',
  input: z.unknown(),
  output: z.unknown(),
  async run(saga, { chunks }: { chunks: number }) {
    const prepared = await saga.step('prepare', { do: () => prepare(), undo: () => unprepare() });
    await saga.step('chunks', {
      async do() {
        for (;;) {
          await saga.waitWhilePaused();
          const done = await chunk();
          saga.report({ done, total: chunks, unit: 'chunks', message: 'Doing' });
          if (done >= chunks) return;
          await saga.renewIfLong();
        }
      },
      async undo() {
        for (;;) {
          const left = await undoChunk();
          saga.report({ done: chunks - left, total: chunks, unit: 'chunks', message: 'Undoing' });
          if (left === 0) return;
          await saga.renewIfLong();
        }
      },
    });
    return `${prepared}, ${chunks} chunks`;
  },
});
