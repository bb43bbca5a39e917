import { randomUUID } from 'node:crypto';
import { activityInfo, ApplicationFailure, Context } from '@temporalio/activity';
import { WorkflowFailedError, type WorkflowHandle } from '@temporalio/client';
import { bundleWorkflowCode } from '@temporalio/worker';
import { failureConverterPath } from '../../temporal-config/data-converter';
import { pollUntil } from '../support/poll';
import { createTestTemporal, type TestTemporal } from '../support/temporal';

interface Ended {
  status: string;
  error: { message: string; code: string; details?: { unfinished?: string[] } } | null;
}

let temporal: TestTemporal;
let workflowBundle: { code: string };

beforeAll(async () => {
  temporal = await createTestTemporal();
  workflowBundle = await bundleWorkflowCode({
    workflowsPath: require.resolve('../support/fixture-workflows'),
    failureConverterPath,
  });
});
afterAll(() => temporal.close());

/** Activities that write down what they were asked for, and fail where told to. */
function recorder(failing: readonly string[] = []) {
  const log: string[] = [];
  const ended: Ended[] = [];
  return {
    log,
    ended,
    activities: {
      async act(what: string) {
        log.push(what);
        if (failing.includes(what))
          throw ApplicationFailure.create({
            type: 'InvalidInput',
            message: `${what} was refused`,
            nonRetryable: true,
            details: [{ code: 'refused' }],
          });
      },
      async slow() {
        log.push('slow begins');
        const { cancellationSignal } = Context.current();
        await pollUntil('cancelled', async () => {
          Context.current().heartbeat();
          return cancellationSignal.aborted;
        });
        // Still at work for a moment after the cancel has arrived: the workflow must wait for it.
        await new Promise((resolve) => setTimeout(resolve, 300));
        log.push('slow ends');
        await Context.current().cancelled;
      },
      async noteStatus(i: { status: string }) {
        log.push(`status ${i.status}`);
      },
      async finishOperation(i: Ended) {
        ended.push(i);
        log.push(`finish ${i.status} (attempt ${activityInfo().attempt})`);
      },
    },
  };
}

function start(name: string, input: object): Promise<WorkflowHandle> {
  return temporal.client.workflow.start(name, {
    workflowId: randomUUID(),
    taskQueue: 'operations',
    args: [{ operationId: 'op_1', workspaceId: 'ws_1', actor: 'usr_1', input }],
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

const acts = (log: readonly string[]) => log.filter((line) => /^(do|undo|end|slow)/.test(line));

describe('an operation', () => {
  it('carries out its steps in order and finishes its row', async () => {
    const { activities, log, ended } = recorder();
    await temporal.runWorkers(
      activities,
      async () => expect(await (await start('threeSteps', { failAt: 'nowhere' })).result()).toBe('all done'),
      { workflowBundle },
    );
    expect(acts(log)).toEqual(['do one', 'do two', 'do three']);
    expect(ended).toMatchObject([{ status: 'done', error: null }]);
  });

  it.each([
    ['do one', ['do one', 'undo one']],
    ['do two', ['do one', 'do two', 'undo two', 'undo one']],
    ['do three', ['do one', 'do two', 'do three', 'undo three', 'undo two', 'undo one']],
    ['end', ['do one', 'do two', 'do three', 'end', 'undo three', 'undo two', 'undo one']],
  ])(
    'that fails at "%s" undoes what was begun, newest first, the failed step too',
    async (failing, expected) => {
      const { activities, log, ended } = recorder([failing]);
      await temporal.runWorkers(
        activities,
        async () => {
          const handle = await start('threeSteps', { failAt: failing });
          const failure = await failureOf(handle);
          expect(failure.type).toBe('RolledBack');
          const { searchAttributes } = await handle.describe();
          expect(searchAttributes['SagatableOutcome']).toEqual(['rolled_back']);
        },
        { workflowBundle },
      );
      expect(acts(log)).toEqual(expected);
      expect(ended).toMatchObject([
        { status: 'rolled_back', error: { code: 'refused', message: `${failing} was refused` } },
      ]);
    },
  );

  it('whose undo cannot be done goes on with the others and ends visibly in needs review', async () => {
    const { activities, log, ended } = recorder(['do three', 'undo two']);
    await temporal.runWorkers(
      activities,
      async () =>
        expect((await failureOf(await start('threeSteps', { failAt: '' }))).type).toBe('NeedsReview'),
      { workflowBundle },
    );
    expect(acts(log)).toEqual(['do one', 'do two', 'do three', 'undo three', 'undo two', 'undo one']);
    expect(ended).toMatchObject([
      { status: 'needs_review', error: { details: { unfinished: ['two: undo two was refused'] } } },
    ]);
  });

  it('that is cancelled waits for the running activity (WAIT_CANCELLATION_COMPLETED) and then compensates', async () => {
    const { activities, log, ended } = recorder();
    await temporal.runWorkers(
      activities,
      async () => {
        const handle = await start('slowStep', {});
        await pollUntil('the slow step runs', async () => log.includes('slow begins'));
        await handle.cancel();
        expect((await failureOf(handle)).type).toBe('CancelledAndRolledBack');
      },
      { workflowBundle },
    );
    expect(acts(log)).toEqual(['do quick', 'slow begins', 'slow ends', 'undo slow', 'undo quick']);
    expect(ended).toMatchObject([{ status: 'rolled_back', error: { code: 'cancelled' } }]);
  });

  it('that is cancelled while an attempt fails ends as cancelled all the same', async () => {
    const { activities, log, ended } = recorder();
    const slow = async () => {
      await activities.slow().catch(() => undefined);
      throw new Error('the connection was reset');
    };
    await temporal.runWorkers(
      { ...activities, slow },
      async () => {
        const handle = await start('slowStep', {});
        await pollUntil('the slow step runs', async () => log.includes('slow begins'));
        await handle.cancel();
        expect((await failureOf(handle)).type).toBe('CancelledAndRolledBack');
      },
      { workflowBundle },
    );
    expect(acts(log)).toEqual(['do quick', 'slow begins', 'slow ends', 'undo slow', 'undo quick']);
    expect(ended).toMatchObject([{ status: 'rolled_back', error: { code: 'cancelled' } }]);
  });

  it('answers a progress query, pauses when asked and goes on when resumed', async () => {
    const { activities, log } = recorder();
    await temporal.runWorkers(
      { ...activities, slow: async () => undefined },
      async () => {
        const handle = await temporal.client.workflow.signalWithStart('slowStep', {
          workflowId: randomUUID(),
          taskQueue: 'operations',
          signal: 'pause',
          args: [{ operationId: 'op_1', workspaceId: 'ws_1', actor: 'usr_1', input: {} }],
        });
        await pollUntil('it is paused', async () => log.includes('status paused'));
        expect(await handle.query('progress')).toMatchObject({ status: 'paused' });
        await handle.signal('resume');
        expect(await handle.result()).toBe('slowly done');
      },
      { workflowBundle },
    );
    expect(log).toContain('status running');
  });
});
