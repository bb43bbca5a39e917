import { createWitnessWorld, type WitnessWorld } from '../witness/witness-world';
import { pollUntil } from '../../support/poll';
import type { EditRefs } from './edit-world';

let world: WitnessWorld;
beforeAll(async () => {
  world = await createWitnessWorld();
}, 60_000);
afterAll(() => world.close());
beforeEach(async () => {
  await world.reset();
  for (const id of (await world.cells()).keys()) await world.as('full', 'DELETE', `${films()}/${id}`);
  await world.witness.watch(world.ref, 60);
  await world.poll();
});

const films = () => `/${world.ref.baseId}/${world.server.table('Films')}`;
const LOST = { status: 503, body: { error: { type: 'RETRIABLE_ERROR', message: 'later' } } };

/** Answers requests of a method with a 503 and gives what delivers the first of them later. */
function hold(method: string): () => Promise<unknown> {
  let deliver: (() => Promise<unknown>) | undefined;
  world.onRequest = async (sent, path, body) => {
    if (sent !== method || !path.startsWith(`/v0${films()}`)) return undefined;
    const text = body.toString();
    deliver ??= () =>
      world.as('full', method, path.replace('/v0', ''), text ? (JSON.parse(text) as unknown) : undefined);
    return LOST;
  };
  return () => (deliver ? deliver() : Promise.reject(new Error('nothing was held')));
}

/** Undoes, and ends the edit as the workflow does. */
async function rollBack(edit: EditRefs): Promise<void> {
  world.onRequest = async () => undefined;
  await pollUntil('the undo', async () => (await world.undoAll(edit)).state === 'done');
  await pollUntil('the end of the window', async () => (await world.sweep(edit, true)).state === 'done');
  await world.conclude(edit, true);
  expect(await world.editState(edit)).toBe('rolled_back');
  // The engine tells whole milliseconds.
  await world.server.database.admin.query(
    `UPDATE edit_settling SET settled_at = settled_at - interval '1 millisecond'`,
  );
}
async function reopenings({ editId }: EditRefs): Promise<unknown[]> {
  const sql = `SELECT actor, details FROM audit WHERE action = 'edit.reopened' AND subject = $1`;
  return (await world.server.database.admin.query(sql, [editId])).rows as unknown[];
}

async function trailOf({ editId }: EditRefs): Promise<string[]> {
  const sql = 'SELECT event FROM audit_changes WHERE edit_id = $1 ORDER BY seq';
  const { rows } = await world.server.database.admin.query<{ event: string }>(sql, [editId]);
  return rows.map(({ event }) => event);
}

it('an update that lands after the edit was rolled back makes it need review, once', async () => {
  const ids = await world.films(2);
  const changes = ids.map((recordId) => ({ kind: 'update', table: 'Films', recordId, cells: { Gross: 1 } }));
  const edit = await world.approved({ changes });
  const deliver = hold('PATCH');
  await world.applyAll(edit).catch(() => undefined);
  await rollBack(edit);
  await world.poll();
  expect(await world.editState(edit)).toBe('rolled_back');
  await deliver();
  await world.poll();
  expect(await world.editState(edit)).toBe('needs_review');
  expect(await world.states(edit)).toEqual({ undo_unknown: 2 });
  expect(await trailOf(edit)).toEqual(['undo_unknown', 'undo_unknown']);
  await world.poll();
  expect(await reopenings(edit)).toEqual([
    { actor: 'witness', details: { landings: 2, was: 'rolled_back' } },
  ]);
  const [row] = await world.editViews.listChanges(edit.workspaceId, edit.editId, { after: -1, limit: 1 });
  expect(row).toMatchObject({ state: 'undo_unknown', evidence: 'witness' });
  expect(row?.reason).toContain('landed after the edit had ended');
});

it('a creation that lands after the edit was rolled back is named, and stays', async () => {
  const edit = await world.approved({
    changes: [{ kind: 'create', table: 'Films', cells: { Title: 'Ran' } }],
  });
  const deliver = hold('POST');
  await world.applyAll(edit).catch(() => undefined);
  await rollBack(edit);
  await deliver();
  await world.poll();
  expect(await world.editState(edit)).toBe('needs_review');
  expect((await world.cells()).size).toBe(1);
  expect(await trailOf(edit)).toEqual(['landed']);
  const view = await world.editViews.get(edit.workspaceId, edit.editId);
  expect(view.settling).toMatchObject({ needsReview: 1, over: true });
});

it('what somebody else does to the records afterwards is no landing', async () => {
  const [recordId = ''] = await world.films(1);
  const edit = await world.approved({
    changes: [{ kind: 'update', table: 'Films', recordId, cells: { Gross: 1 } }],
  });
  hold('PATCH');
  await world.applyAll(edit).catch(() => undefined);
  await rollBack(edit);
  await world.meddle(recordId, { Gross: 1 });
  await world.as('foreign', 'POST', films(), { records: [{ fields: { Title: 'Ran' } }] });
  await world.poll();
  expect(await world.editState(edit)).toBe('rolled_back');
});
