import { newId } from '../../../services/ids';
import type { ReviewInput } from '../../../contracts/reviews';
import { pollUntil } from '../../support/poll';
import { createCreationWorld, type CreationWorld } from './creation-world';
import { LIVE, type EditRefs } from './edit-world';

let world: CreationWorld;
beforeAll(async () => {
  world = await createCreationWorld();
}, 60_000);
afterAll(() => world.close());
beforeEach(() => world.clear());

const films = () => `/${world.ref.baseId}/${world.server.table('Films')}`;
const page = ({ workspaceId, editId }: EditRefs) =>
  world.reviews.unresolved(workspaceId, editId, { after: -1, limit: 20, look: true }, LIVE.signal);

/** A rolled back edit with one record of its two that nobody can tell whose it is. */
async function unclear(): Promise<{ edit: EditRefs; id: string }> {
  const changes = ['Ran', 'Ikiru'].map((Title) => ({ kind: 'create', table: 'Films', cells: { Title } }));
  const edit = await world.approved({ changes });
  world.disturb(['never']);
  await world.applyAll(edit).catch(() => undefined);
  await world.undo(edit);
  const { id } = (await world.as('full', 'POST', films(), { fields: { Title: 'Ran' } })) as { id: string };
  await pollUntil('the end of the window', async () => (await world.sweep(edit, true)).state === 'done');
  await world.conclude(edit, true);
  expect(await world.editState(edit)).toBe('needs_review');
  return { edit, id };
}
async function review(edit: EditRefs, input: ReviewInput, meanwhile?: () => Promise<void>) {
  const ref = { ...edit, operationId: newId('operation') };
  const seen = await world.reviews.check(ref, input, LIVE.signal);
  await world.server.database.db.tenant(ref.workspaceId, (tx) =>
    world.reviews.stage(tx, ref, 'usr_anna', input, seen),
  );
  await meanwhile?.();
  await pollUntil('it is carried out', async () => (await world.reviews.chunk(ref, LIVE)).state === 'done');
  return world.reviews.conclude(ref);
}
const say = (id: string, verdict: ReviewInput['verdict']): ReviewInput => ({
  ordinals: [],
  lateRecords: [id],
  verdict,
});

it('a record that came late is shown with its evidence and what it holds now', async () => {
  const { edit, id } = await unclear();
  const { changes, unresolved } = await page(edit);
  expect(unresolved).toBe(1);
  expect(changes[0]?.late).toMatchObject([{ recordId: id, state: 'unclear', looked: true, deciding: null }]);
  expect(Object.values(changes[0]?.late[0]?.now ?? {})).toEqual(['Ran']);
});

it.each([
  ['is somebody else’s: it stays', 'notLanded' as const, 1, 'rolled_back'],
  ['is the edit’s and stays', 'landed' as const, 1, 'applied'],
  ['is to be deleted', 'retry' as const, 0, 'rolled_back'],
])('a person says that it %s, and the review ends', async (_what, verdict, left, state) => {
  const { edit, id } = await unclear();
  expect(await review(edit, say(id, verdict))).toMatchObject({ state, unresolved: 0 });
  expect(await world.all()).toHaveLength(left);
  await expect(review(edit, say(id, verdict))).rejects.toMatchObject({ code: 'edit_not_in_review' });
});

it('what was changed after a person decided to delete it stays, and waits again', async () => {
  const { edit, id } = await unclear();
  const changed = () => world.change(id, { Notes: 'mine' });
  expect(await review(edit, say(id, 'retry'), changed)).toMatchObject({
    state: 'needs_review',
    unresolved: 1,
  });
  expect(await world.all()).toEqual([id]);
  expect((await page(edit)).changes[0]?.late).toMatchObject([{ state: 'changed', deciding: null }]);
});

it('a verdict on the change does not stand for its late records', async () => {
  const { edit } = await unclear();
  const ordinals = [(await page(edit)).changes[0]?.ordinal ?? -1];
  await expect(review(edit, { ordinals, verdict: 'landed' })).rejects.toMatchObject({
    code: 'late_records_wait',
  });
});
