import { randomUUID } from 'node:crypto';
import { ApplicationFailure } from '@temporalio/activity';
import { WorkflowFailedError, type WorkflowHandle } from '@temporalio/client';
import { bundleWorkflowCode } from '@temporalio/worker';
import { failureConverterPath } from '../../temporal-config/data-converter';
import type { LongActivities } from '../support/long-workflows';
import { pollUntil } from '../support/poll';
import { createTestTemporal, type TestTemporal } from '../support/temporal';

let temporal: TestTemporal;
let workflowBundle: { code: string };

beforeAll(async () => {
  temporal = await createTestTemporal();
  workflowBundle = await bundleWorkflowCode({
    workflowsPath: require.resolve('../support/long-workflows'),
    failureConverterPath,
  });
}, 60_000);
afterAll(() => temporal.close());

interface Ended {
  status: string;
  error: { code: string; message: string } | null;
}

/** Activities on a counter. `failAt`: the chunk that is refused. `onChunk` happens while the chunk is at work. */
function counting(options: { failAt?: number; onChunk?: (n: number) => Promise<void> } = {}) {
  const seen = { prepared: 0, done: 0, most: 0, statuses: [] as string[], ended: [] as Ended[] };
  const activities: LongActivities & Record<string, unknown> = {
    async prepare() {
      return `prepared ${++seen.prepared} time`;
    },
    async unprepare() {
      seen.prepared--;
    },
    async chunk() {
      await options.onChunk?.(seen.done + 1);
      if (seen.done + 1 === options.failAt)
        throw ApplicationFailure.create({
          type: 'InvalidInput',
          message: 'chunk refused',
          nonRetryable: true,
          details: [{ code: 'refused' }],
        });
      seen.most = Math.max(seen.most, ++seen.done);
      return seen.done;
    },
    async undoChunk() {
      seen.done = Math.max(0, seen.done - 1);
      return seen.done;
    },
    async noteStatus(i: { status: string }) {
      seen.statuses.push(i.status);
    },
    async finishOperation(i: Ended) {
      seen.ended.push(i);
    },
  };
  return { seen, activities };
}

function start(chunks: number, chunksPerRun: number) {
  return temporal.client.workflow.start('longWork', {
    workflowId: randomUUID(),
    taskQueue: 'operations',
    args: [{ operationId: 'op_1', workspaceId: 'ws_1', actor: 'usr_1', chunksPerRun, input: { chunks } }],
    searchAttributes: { SagatableWorkspace: ['ws_1'], SagatableOutcome: ['running'] },
  });
}

async function failureOf(handle: WorkflowHandle): Promise<ApplicationFailure> {
  const error: unknown = await handle.result().then(
    () => undefined,
    (e: unknown) => e,
  );
  if (error instanceof WorkflowFailedError && error.cause instanceof ApplicationFailure) return error.cause;
  throw new Error(`the workflow did not fail as expected: ${String(error)}`);
}

async function readRun(workflowId: string, runId: string): Promise<{ length: number; next?: string }> {
  const { events } = await temporal.client.workflow.getHandle(workflowId, runId).fetchHistory();
  const next = events?.at(-1)?.workflowExecutionContinuedAsNewEventAttributes?.newExecutionRunId;
  return { length: events?.length ?? 0, ...(next ? { next } : {}) };
}

/** How many events the history of each run has, in order. */
async function historiesOf(handle: WorkflowHandle & { firstExecutionRunId: string }): Promise<number[]> {
  const lengths: number[] = [];
  for (let runId: string | undefined = handle.firstExecutionRunId; runId !== undefined;) {
    const { length, next } = await readRun(handle.workflowId, runId);
    lengths.push(length);
    runId = next;
  }
  return lengths;
}

describe('long work', () => {
  it('goes on in new runs under one id: who waits gets its result, what ended is not done again', async () => {
    const { seen, activities } = counting();
    await temporal.runWorkers(
      activities,
      async () => {
        const handle = await start(7, 2);
        expect(await handle.result()).toBe('prepared 1 time, 7 chunks');
        const histories = await historiesOf(handle);
        expect(histories).toHaveLength(4);
        // Two chunks with what surrounds them: as many in the last run as in the first.
        expect(Math.max(...histories)).toBeLessThan(40);
        const { searchAttributes } = await handle.describe();
        expect(searchAttributes).toMatchObject({
          SagatableWorkspace: ['ws_1'],
          SagatableOutcome: ['done'],
        });
      },
      { workflowBundle },
    );
    expect(seen).toMatchObject({ prepared: 1, done: 7, ended: [{ status: 'done' }] });
  });

  it('that fails after several runs is taken back over several more, and the cause is kept', async () => {
    const { seen, activities } = counting({ failAt: 6 });
    await temporal.runWorkers(
      activities,
      async () => {
        const handle = await start(9, 3);
        expect(await failureOf(handle)).toMatchObject({ type: 'RolledBack', message: /chunk refused/ });
        expect((await historiesOf(handle)).length).toBeGreaterThan(3);
      },
      { workflowBundle },
    );
    expect(seen).toMatchObject({
      prepared: 0,
      done: 0,
      statuses: ['compensating'],
      ended: [{ status: 'rolled_back', error: { code: 'refused', message: 'chunk refused' } }],
    });
  });

  it.each([1, 2, 3])(
    'that is cancelled while chunk %i is at work, with a new run after each, is taken back once',
    async (at) => {
      let cancel: () => Promise<unknown> = async () => undefined;
      const { seen, activities } = counting({
        onChunk: async (n) => {
          if (n === at) await cancel();
        },
      });
      await temporal.runWorkers(
        activities,
        async () => {
          const handle = await start(40, 1);
          cancel = () => handle.cancel();
          expect((await failureOf(handle)).type).toBe('CancelledAndRolledBack');
        },
        { workflowBundle },
      );
      expect(seen).toMatchObject({
        prepared: 0,
        done: 0,
        ended: [{ status: 'rolled_back', error: { code: 'cancelled' } }],
      });
      expect(seen.most).toBeLessThanOrEqual(at);
    },
  );

  it('hears of a cancel at whatever moment it comes between two runs', async () => {
    const { seen, activities } = counting();
    await temporal.runWorkers(
      activities,
      async () => {
        for (let n = 0; n < 5; n++) {
          const before = seen.most;
          const handle = await start(100_000, 1);
          await pollUntil('some runs have passed', async () => seen.done > n % 2);
          await handle.cancel();
          expect((await failureOf(handle)).type).toBe('CancelledAndRolledBack');
          expect(seen.most).toBeGreaterThanOrEqual(before);
          expect(seen.done).toBe(0);
        }
      },
      { workflowBundle },
    );
    expect(seen.ended.map(({ status }) => status)).toEqual(Array(5).fill('rolled_back'));
  }, 60_000);

  // The server lets a run begin at most once a second: no test wants many of them.
  it('loses no pause and no resume between its runs', async () => {
    const { seen, activities } = counting();
    await temporal.runWorkers(
      activities,
      async () => {
        const handle = await start(200, 1);
        const status = async () => (await handle.query<{ status: string }>('progress')).status;
        for (let n = 0; n < 3; n++) {
          await handle.signal('pause');
          await pollUntil('it pauses', async () => (await status()) === 'paused');
          const { done } = seen;
          expect(seen.done).toBe(done);
          await handle.signal('resume');
          await pollUntil('it goes on', async () => seen.done > done);
        }
        await handle.cancel();
        expect((await failureOf(handle)).type).toBe('CancelledAndRolledBack');
      },
      { workflowBundle },
    );
    expect(seen).toMatchObject({ prepared: 0, done: 0 });
  }, 60_000);

  it('that is cancelled while it is taken back already ends as what it was', async () => {
    let cancel: () => Promise<unknown> = async () => undefined;
    const { seen, activities } = counting({ failAt: 4 });
    const undoChunk = () => activities.undoChunk();
    const cancelling = {
      ...activities,
      undoChunk: async () => {
        if (seen.done === 2) await cancel();
        return undoChunk();
      },
    };
    await temporal.runWorkers(
      cancelling,
      async () => {
        const handle = await start(9, 1);
        cancel = () => handle.cancel();
        expect((await failureOf(handle)).type).toBe('RolledBack');
      },
      { workflowBundle },
    );
    expect(seen).toMatchObject({ prepared: 0, done: 0, ended: [{ error: { code: 'refused' } }] });
  });
});
