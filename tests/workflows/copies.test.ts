import { ApplicationFailure } from '@temporalio/common';
import { WorkflowFailedError, type WorkflowHandle } from '@temporalio/client';
import { createBookkeepingActivities } from '../../activities/bookkeeping';
import { createCopyActivities } from '../../activities/copies';
import { mapErrors } from '../../activities/failures';
import { makeSourceBase, type SourceBase } from '../services/copies/copied-base';
import { createCopyWorld, type CopyWorld } from '../services/copies/copy-world';
import type { CopyRef } from '../../services/copies/chunk';
import { pollUntil } from '../support/poll';
import { createTestTemporal, type TestTemporal } from '../support/temporal';

let world: CopyWorld;
let base: SourceBase;
let temporal: TestTemporal;

beforeAll(async () => {
  [world, temporal] = await Promise.all([createCopyWorld(), createTestTemporal()]);
});
beforeEach(async () => {
  base = await makeSourceBase(world);
});
afterEach(() => {
  world.intercept = undefined;
});
afterAll(async () => {
  await temporal.close();
  await world.close();
});

type Doing = 'openCopiedBase' | 'copyChunk' | 'concludeCopy';
const UNDOS = ['stopCopyChunk', 'concludeStoppedCopy', 'closeCopiedBase'] as const;

/** The real activities; the undos write down that they were called, and one `do` fails after its effect. */
function activitiesOf(order: string[], failing?: Doing) {
  const { operations, copies, database } = world;
  const real = mapErrors({
    ...createBookkeepingActivities({ operations }),
    ...createCopyActivities({ db: database.db, copies }),
  });
  const activities: Record<string, unknown> = { ...real };
  for (const undo of UNDOS) {
    const act: (input: never) => Promise<unknown> = real[undo];
    activities[undo] = (input: never) => {
      if (order.at(-1) !== undo) order.push(undo);
      return act(input);
    };
  }
  if (failing) {
    const act: (input: never) => Promise<unknown> = real[failing];
    activities[failing] = async (input: never) => {
      await act(input);
      throw ApplicationFailure.nonRetryable('the answer was lost', 'Upstream');
    };
  }
  return activities;
}

function start(ref: CopyRef): Promise<WorkflowHandle> {
  return temporal.client.workflow.start('copyBase', {
    workflowId: ref.operationId,
    taskQueue: 'operations',
    args: [{ ...ref, actor: world.target.userId, input: { copyId: ref.copyId } }],
  });
}

/** How the workflow ended: its result, or the type of its failure. */
async function endOf(handle: WorkflowHandle): Promise<unknown> {
  return handle.result().catch((error: unknown) => {
    if (error instanceof WorkflowFailedError && error.cause instanceof ApplicationFailure)
      return error.cause.type;
    throw error;
  });
}

async function isHere(): Promise<boolean> {
  const { rowCount } = await world.database.admin.query(
    'SELECT 1 FROM engine_bases WHERE workspace_id = $1 AND id = $2',
    [world.target.workspaceId, base.baseId],
  );
  return rowCount === 1;
}

describe('copyBase', () => {
  it('copies a base and tells what came', async () => {
    const ref = await world.begin(base.baseId);
    const end = await temporal.runWorkers(activitiesOf([]), async () => endOf(await start(ref)));
    expect(end).toMatchObject({ copyId: ref.copyId, baseId: base.baseId, first: true, problems: 0 });
    expect(await world.dump('target', base.baseId)).toEqual(await world.dump('source', base.baseId));
    const row = await world.operations.require(ref.operationId);
    expect(row).toMatchObject({
      status: 'done',
      result: end,
      progress: { done: 2, total: 2, unit: 'tables' },
    });
  });

  it.each([
    ['openCopiedBase', ['closeCopiedBase']],
    ['copyChunk', ['stopCopyChunk', 'concludeStoppedCopy', 'closeCopiedBase']],
    ['concludeCopy', ['stopCopyChunk', 'concludeStoppedCopy', 'closeCopiedBase']],
  ] as const)(
    'whose %s fails after it took effect leaves nothing, undone newest first',
    async (failing, undone) => {
      const order: string[] = [];
      const ref = await world.begin(base.baseId);
      const end = await temporal.runWorkers(activitiesOf(order, failing), async () =>
        endOf(await start(ref)),
      );
      expect(end).toBe('RolledBack');
      expect(order).toEqual(undone);
      expect(await isHere()).toBe(false);
      expect(await world.operations.require(ref.operationId)).toMatchObject({ status: 'rolled_back' });
    },
  );

  it('that is cancelled in the middle takes itself back', async () => {
    const ref = await world.begin(base.baseId);
    let asked = false;
    // The source does not answer any more.
    world.intercept = (req) => {
      asked ||= req.url.includes('pageSize');
      return asked;
    };
    const end = await temporal.runWorkers(activitiesOf([]), async () => {
      const handle = await start(ref);
      await pollUntil('a page was asked for', async () => asked);
      await handle.cancel();
      return endOf(handle);
    });
    expect(end).toBe('CancelledAndRolledBack');
    expect(await isHere()).toBe(false);
  });

  it('pauses where the source’s calls are spent, and goes on when it is resumed', async () => {
    const ref = await world.begin(base.baseId);
    world.intercept = (_req, res) => {
      res.status(429).json({ error: { type: 'PUBLIC_API_BILLING_LIMIT_EXCEEDED', message: '' } });
      return true;
    };
    const end = await temporal.runWorkers(activitiesOf([]), async () => {
      const handle = await start(ref);
      const state = () => world.operations.require(ref.operationId);
      await pollUntil('it is paused', async () => (await state()).status === 'paused');
      expect((await state()).progress?.message).toContain('quota');
      world.intercept = undefined;
      await handle.signal('resume');
      return endOf(handle);
    });
    expect(end).toMatchObject({ first: true });
  });

  it('that brings changes and then fails is not told as rolled back', async () => {
    await world.copy(base.baseId);
    await world.call('source', 'POST', `/${base.baseId}/${base.table('Films')}`, {
      fields: { Title: 'Later' },
    });
    const order: string[] = [];
    const ref = await world.begin(base.baseId);
    const activities = activitiesOf(order, 'copyChunk');
    const end = await temporal.runWorkers(activities, async () => endOf(await start(ref)));
    expect(end).toBe('NeedsReview');
    expect(order).toEqual([...UNDOS]);
    expect(await isHere()).toBe(true);
    const row = await world.operations.require(ref.operationId);
    expect(row.status).toBe('needs_review');
    expect(JSON.stringify(row.error)).toContain('was left in place');
  });
});
