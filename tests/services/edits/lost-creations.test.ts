import { pollUntil } from '../../support/poll';
import type { EditRefs } from './edit-world';
import { createWitnessWorld, type WitnessWorld } from '../witness/witness-world';

let world: WitnessWorld;
beforeAll(async () => {
  world = await createWitnessWorld();
}, 60_000);
afterAll(() => world.close());
beforeEach(async () => {
  await world.reset();
  for (const id of (await world.cells()).keys()) await world.as('full', 'DELETE', `${films()}/${id}`);
  await world.witness.watch(world.ref, 60);
});

const films = () => `/${world.ref.baseId}/${world.server.table('Films')}`;
const CREATES = [{ Title: 'Ran' }, { Title: 'Ran', Gross: 5 }, { Title: 'Ikiru', Rating: 'PG' }];
const proposal = { changes: CREATES.map((cells) => ({ kind: 'create', table: 'Films', cells })) };

/** The first creation goes through, and its answer does not come. */
function loseAnswer(): void {
  let lost = false;
  world.onRequest = async (method, path, body) => {
    if (method !== 'POST' || !path.startsWith(`/v0${films()}`) || lost) return undefined;
    lost = true;
    await world.as('full', 'POST', path.replace('/v0', ''), JSON.parse(body.toString()));
    return { status: 503, body: { error: { type: 'RETRIABLE_ERROR', message: 'later' } } };
  };
}
/** The chunk in which the request is sent; its entries stay without an answer. */
async function sendOnce(edit: EditRefs): Promise<void> {
  await world.applyAll(edit).catch(() => undefined);
  expect(await world.states(edit)).toEqual({ intended: 3 });
}
async function finish(edit: EditRefs): Promise<void> {
  await pollUntil('the end of the edit', async () => (await world.applyAll(edit)).state === 'done');
}
const readBacks = () => world.seen().filter((call) => call === 'GET records');

it('records that the watched base proves to be ours are settled without reading back', async () => {
  const edit = await world.approved(proposal);
  loseAnswer();
  await sendOnce(edit);
  await world.poll();
  world.seen();
  expect(await world.applyAll(edit)).toMatchObject({ state: 'done' });
  expect(readBacks()).toEqual([]);
  expect(await world.states(edit)).toEqual({ landed: 3 });
  expect((await world.cells()).size).toBe(3);
  await world.undoAll(edit);
  expect((await world.cells()).size).toBe(0);
});

it('what has not been told yet proves nothing: it is read back as ever', async () => {
  const edit = await world.approved(proposal);
  loseAnswer();
  await sendOnce(edit);
  world.seen();
  await finish(edit);
  expect(readBacks().length).toBeGreaterThan(0);
  expect(await world.states(edit)).toEqual({ landed: 3 });
  expect((await world.cells()).size).toBe(3);
});

it.each([
  ['somebody else made', 'foreign', 'after'],
  ['the same user made earlier', 'full', 'before'],
])('records like ours that %s are not taken for ours', async (_what, token, when) => {
  const make = () =>
    world.as(token, 'POST', films(), { records: CREATES.map((fields) => ({ fields })), typecast: true });
  const edit = await world.approved(proposal);
  if (when === 'before') {
    await make();
    await world.poll();
  }
  // Ours never arrives.
  let refused = false;
  world.onRequest = async (method, path) => {
    if (method !== 'POST' || !path.startsWith(`/v0${films()}`) || refused) return undefined;
    refused = true;
    return { status: 503, body: { error: { type: 'RETRIABLE_ERROR', message: 'later' } } };
  };
  await sendOnce(edit);
  if (when === 'after') {
    await make();
    await world.poll();
  }
  await finish(edit);
  expect(await world.states(edit)).toEqual({ landed: 3 });
  expect((await world.cells()).size).toBe(6);
});
