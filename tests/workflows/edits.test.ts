import { createBookkeepingActivities } from '../../activities/bookkeeping';
import { createEditActivities } from '../../activities/edits';
import { mapErrors } from '../../activities/failures';
import { createEditWorld, type EditRefs, type EditWorld } from '../services/edits/edit-world';
import { pollUntil } from '../support/poll';
import { createTestTemporal, type TestTemporal } from '../support/temporal';

let world: EditWorld;
let temporal: TestTemporal;
beforeAll(async () => {
  [world, temporal] = await Promise.all([createEditWorld(), createTestTemporal()]);
  await world.films(30);
}, 60_000);
beforeEach(() => world.forget());
afterAll(async () => {
  await temporal.close();
  await world.close();
});

const SPENT = {
  status: 429,
  body: { error: { type: 'PUBLIC_API_BILLING_LIMIT_EXCEEDED', message: 'spent' } },
};
const RULE = { rules: [{ kind: 'set', table: 'Films', where: '{Title}', cells: { Gross: 1 } }] };

const activities = () => {
  const { edits, operations } = world;
  return mapErrors({ ...createBookkeepingActivities({ operations }), ...createEditActivities({ edits }) });
};

const start = (ref: EditRefs) =>
  temporal.client.workflow.start('proposeEdit', {
    workflowId: ref.operationId,
    taskQueue: 'operations',
    args: [{ ...ref, actor: 'usr_test', input: { editId: ref.editId } }],
  });

it('planning pauses where the quota is spent, and plans when it is resumed', async () => {
  const ref = await world.staged(RULE);
  let spent = true;
  let refused = 0;
  world.onRequest = async (_method, path) => {
    if (!spent || path.includes('/meta/')) return undefined;
    refused++;
    return SPENT;
  };
  await temporal.runWorkers(activities(), async () => {
    const handle = await start(ref);
    const status = () => handle.query<{ status: string; pausedBecause: string | null }>('progress');
    await pollUntil('it pauses', async () => (await status()).status === 'paused');
    expect((await status()).pausedBecause).toContain('paused: quota');
    expect(refused).toBe(1);
    spent = false;
    await handle.signal('resume');
    expect(await handle.result()).toEqual({ editId: ref.editId });
  });
});

it('a paused plan that is cancelled ends, and the proposal says why', async () => {
  const ref = await world.staged(RULE);
  world.onRequest = async (_method, path) => (path.includes('/meta/') ? undefined : SPENT);
  await temporal.runWorkers(activities(), async () => {
    const handle = await start(ref);
    const status = () => handle.query<{ status: string }>('progress');
    await pollUntil('it pauses', async () => (await status()).status === 'paused');
    await handle.cancel();
    await expect(handle.result()).rejects.toMatchObject({ cause: { type: 'CancelledAndRolledBack' } });
  });
  const { rows } = await world.server.database.admin.query<{ state: string }>(
    'SELECT state FROM edits WHERE id = $1',
    [ref.editId],
  );
  expect(rows).toEqual([{ state: 'failed' }]);
});
