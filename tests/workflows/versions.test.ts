import type { WorkflowHandle } from '@temporalio/client';
import { Worker } from '@temporalio/worker';
import { createBookkeepingActivities } from '../../activities/bookkeeping';
import { createEditActivities } from '../../activities/edits';
import { mapErrors } from '../../activities/failures';
import { parseKeyRing } from '../../services/encryption';
import { createDataConverter } from '../../temporal-config/data-converter';
import { bundleWorkflows } from '../../workers/create-workers';
import { createEditWorld, type EditRefs, type EditWorld } from '../services/edits/edit-world';
import { bundleVersion } from '../support/bundles';
import { pollUntil } from '../support/poll';
import { createTestTemporal, TEST_KEYS, type TestTemporal } from '../support/temporal';

type Bundle = { code: string };

let world: EditWorld;
let temporal: TestTemporal;
let [before, today, careless]: Bundle[] = [];

beforeAll(async () => {
  [world, temporal] = await Promise.all([createEditWorld(), createTestTemporal()]);
  [before, today, careless] = [
    await bundleVersion('absent'),
    await bundleWorkflows(),
    await bundleVersion('unguarded'),
  ];
  await world.films(500);
}, 120_000);
beforeEach(() => world.forget());
afterAll(async () => {
  await temporal.close();
  await world.close();
});

const setGross = (to: number) => ({
  rules: [{ kind: 'set', table: 'Films', where: '{Title}', cells: { Gross: to } }],
});

/** Workers of one version, as long as `work` takes. */
function deployed<T>(workflowBundle: Bundle | undefined, work: () => Promise<T>): Promise<T> {
  const { edits, operations } = world;
  const activities = mapErrors({
    ...createBookkeepingActivities({ operations }),
    ...createEditActivities({ edits }),
  });
  return temporal.runWorkers(activities, work, workflowBundle ? { workflowBundle } : {});
}

const getHandle = (ref: EditRefs) => temporal.client.workflow.getHandle(`applyEdit/${ref.operationId}`);

const start = (name: string, ref: EditRefs) =>
  temporal.client.workflow.start(name, {
    workflowId: `${name}/${ref.operationId}`,
    taskQueue: 'operations',
    args: [{ ...ref, actor: 'usr_test', chunksPerRun: 1, input: { editId: ref.editId } }],
  });

/** Applies under the version before until one chunk is written, and leaves it paused there. */
async function leavePaused(ref: EditRefs): Promise<WorkflowHandle> {
  return deployed(before, async () => {
    let pausing: Promise<void> | undefined;
    world.onRequest = async (method) => {
      if (method === 'PATCH') await (pausing ??= getHandle(ref).signal('pause'));
      return undefined;
    };
    const handle = await start('applyEdit', ref);
    await pollUntil(
      'it is paused',
      async () => (await handle.query<{ status: string }>('progress')).status === 'paused',
    );
    world.onRequest = async () => undefined;
    return handle;
  });
}

const replay = (workflowBundle: Bundle | undefined, history: unknown) =>
  Worker.runReplayHistory(
    {
      ...(workflowBundle && { workflowBundle }),
      dataConverter: createDataConverter(parseKeyRing(TEST_KEYS)),
    },
    history,
  );

const gross = async () => new Set([...(await world.cells()).values()].map(({ Gross }) => Gross));

it('an edit that runs while its workflow code is replaced goes on, and has what is new from there', async () => {
  const ref = await world.approved(setGross(11));
  const handle = await leavePaused(ref);
  expect((await gross()).size).toBeGreaterThan(1);
  const result = await deployed<unknown>(today, async () => {
    await handle.signal('resume');
    return handle.result() as Promise<unknown>;
  });
  expect(result).toMatchObject({ editId: ref.editId, outcome: { landed: 500 } });
  expect(await gross()).toEqual(new Set([11]));
  // What the version before could not: the rest was done in runs of its own.
  const { raw } = await temporal.client.workflow.getHandle(handle.workflowId).describe();
  expect(raw.workflowExecutionInfo?.firstRunId).not.toBe(raw.workflowExecutionInfo?.execution?.runId);
}, 120_000);

it('an edit that runs while its workflow code is replaced can still be taken back', async () => {
  const earlier = await gross();
  const ref = await world.approved(setGross(12));
  const handle = await leavePaused(ref);
  await deployed(today, async () => {
    await handle.cancel();
    await expect(handle.result()).rejects.toMatchObject({ cause: { type: 'CancelledAndRolledBack' } });
  });
  expect(await gross()).toEqual(earlier);
}, 120_000);

it('an edit that was proposed before a deployment is approved and applied after it', async () => {
  const ref = await world.staged(setGross(13));
  await deployed(before, async () => {
    const planned = await start('proposeEdit', ref);
    await planned.result();
  });
  const applied = await deployed<unknown>(today, async () => {
    await world.approve(ref);
    return (await start('applyEdit', ref)).result() as Promise<unknown>;
  });
  expect(applied).toMatchObject({ editId: ref.editId, outcome: { landed: 500 } });
}, 120_000);

it('a version that does something new in runs that began without it is refused by the replay', async () => {
  const ref = await world.approved(setGross(14));
  const handle = await leavePaused(ref);
  const history = await temporal.client.workflow.getHandle(handle.workflowId).fetchHistory();
  await expect(replay(today, history)).resolves.toBeUndefined();
  await expect(replay(careless, history)).rejects.toThrow();
  await handle.terminate();
}, 120_000);
