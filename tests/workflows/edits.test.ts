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

describe('an edit with late landings', () => {
  const films = () => `/v0/${world.server.base.id}/${world.server.table('Films')}`;
  const LOST = { status: 503, body: { error: { type: 'RETRIABLE_ERROR', message: 'later' } } };
  const isUpdate = (method: string, path: string) => method === 'PATCH' && path.startsWith(films());

  async function approved(count: number): Promise<EditRefs> {
    const ids = await world.films(count);
    const changes = ids.map((recordId) => ({
      kind: 'update',
      table: 'Films',
      recordId,
      cells: { Gross: 1 },
    }));
    return world.approved({ changes });
  }
  const run = (ref: EditRefs) =>
    temporal.client.workflow.start('applyEdit', {
      workflowId: ref.operationId,
      taskQueue: 'operations',
      args: [{ ...ref, actor: 'usr_test', input: { editId: ref.editId } }],
    });
  /** The chunks' activities in the order in which they were scheduled, repeats left out. */
  async function chunksOf(handle: Awaited<ReturnType<typeof run>>): Promise<string[]> {
    const { events } = await handle.fetchHistory();
    const names = (events ?? []).flatMap(
      (event) => event.activityTaskScheduledEventAttributes?.activityType?.name ?? [],
    );
    return names.filter((name) => /Chunk|sweep/.test(name)).filter((name, i, all) => name !== all[i - 1]);
  }

  it('waits for nothing when every write was answered, and its result says so', async () => {
    const ref = await approved(2);
    await temporal.runWorkers(activities(), async () => {
      const handle = await run(ref);
      expect(await handle.result()).toMatchObject({ outcome: { landed: 2 }, settling: null });
      expect(await chunksOf(handle)).toEqual(['applyChunk']);
    });
  });

  it('ends only when the window after a lost answer is over, and its result says so', async () => {
    const ref = await approved(2);
    let lost = false;
    world.onRequest = async (method, path) => {
      if (lost || !isUpdate(method, path)) return undefined;
      lost = true;
      return LOST;
    };
    await temporal.runWorkers(activities(), async () => {
      const handle = await run(ref);
      expect(await handle.result()).toMatchObject({
        outcome: { landed: 2 },
        settling: { windowSeconds: 0.5, unanswered: 1, lateLandings: 0, needsReview: 0, over: true },
      });
      expect(await chunksOf(handle)).toEqual(['applyChunk', 'sweepEdit']);
    });
    expect(await world.editState(ref)).toBe('applied');
  });

  it('that was cancelled takes back what lands after its undo, before it calls itself rolled back', async () => {
    const written = async () => [...(await world.cells()).values()].filter(({ Gross }) => Gross === 1).length;
    const before = await written();
    const ref = await approved(2);
    const held: string[] = [];
    let landed = false;
    world.onRequest = async (method, path, body) => {
      const undone = (await world.states(ref))['undone'] === 2;
      if (isUpdate(method, path) && !undone && !landed) {
        held.push(body.toString());
        return LOST;
      }
      if (method === 'GET' && undone && !landed && held[0] !== undefined) {
        landed = true;
        await world.server.call('PATCH', films().replace('/v0', ''), JSON.parse(held[0]) as unknown);
      }
      return undefined;
    };
    await temporal.runWorkers(activities(), async () => {
      const handle = await run(ref);
      await pollUntil('a write without an answer', async () => held.length > 0);
      await handle.cancel();
      await expect(handle.result()).rejects.toMatchObject({ cause: { type: 'CancelledAndRolledBack' } });
      const chunks = await chunksOf(handle);
      expect(chunks.slice(chunks.indexOf('compensateChunk'))).toEqual([
        'compensateChunk',
        'sweepEdit',
        'compensateChunk',
        'sweepEdit',
      ]);
    });
    expect(landed).toBe(true);
    expect(await world.editState(ref)).toBe('rolled_back');
    expect(await world.states(ref)).toEqual({ undone: 2 });
    expect(await written()).toBe(before);
  });
});
