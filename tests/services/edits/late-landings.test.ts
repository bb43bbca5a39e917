import { createEditWorld, type EditRefs, type EditWorld } from './edit-world';
import { pollUntil } from '../../support/poll';

let world: EditWorld;
beforeAll(async () => {
  world = await createEditWorld();
}, 60_000);
afterAll(() => world.close());
beforeEach(async () => {
  world.forget();
  for (const id of (await world.cells()).keys()) await call('DELETE', `/${films()}/${id}`);
});

const films = () => `${world.server.base.id}/${world.server.table('Films')}`;
const LOST = { status: 503, body: { error: { type: 'RETRIABLE_ERROR', message: 'later' } } };
type Held = () => Promise<void>;

async function call(method: string, path: string, body?: unknown): Promise<void> {
  const { status } = await world.server.call(method, path, body);
  if (status !== 200) throw new Error(`${method} ${path} was answered with ${status}`);
}

/** Keeps the first requests of a method that write films, answers each with a 503, and gives what delivers them later. */
function hold(method: string, count: number): Held[] {
  const held: Held[] = [];
  world.onRequest = async (sent, path, body) => {
    if (sent !== method || !path.startsWith(`/v0/${films()}`) || held.length >= count) return undefined;
    const text = body.toString();
    held.push(() => call(method, path.replace('/v0', ''), text ? (JSON.parse(text) as unknown) : undefined));
    return LOST;
  };
  return held;
}
async function deliver(held: readonly Held[], n = 0): Promise<void> {
  const landing = held[n];
  if (!landing) throw new Error(`no request ${n} was held`);
  await landing();
}

/** Waits as the chunks say, until they are done. */
async function through(work: () => Promise<{ state: string; waitMs: number }>): Promise<void> {
  await pollUntil('the end of the chunks', async () => (await work()).state === 'done');
}
const apply = (edit: EditRefs) => through(() => world.applyAll(edit));
const undo = (edit: EditRefs) => through(() => world.undoAll(edit));
/** As the workflow does it: walks back where a sweep says so. */
async function sweep(edit: EditRefs, compensated: boolean): Promise<string> {
  const { state } = await world.sweep(edit, compensated);
  if (state === 'walk') await undo(edit);
  return state;
}
/** Moves the window to an hour from now, or to the past. */
async function moveWindow({ editId }: EditRefs, hours: number): Promise<void> {
  await world.server.database.admin.query(
    'UPDATE lost_requests SET lost_at = clock_timestamp() + make_interval(hours => $2) WHERE edit_id = $1',
    [editId, hours],
  );
}
/** The first sweep, while the window is open. */
async function firstSweep(edit: EditRefs, compensated: boolean): Promise<void> {
  await moveWindow(edit, 1);
  expect(await world.sweep(edit, compensated)).toMatchObject({
    state: 'wait',
    until: expect.any(String) as unknown,
  });
}
async function settle(edit: EditRefs, compensated: boolean): Promise<void> {
  await moveWindow(edit, -1);
  await pollUntil('the end of the window', async () => (await sweep(edit, compensated)) === 'done');
}
const titles = async () => [...(await world.cells()).values()].map(({ Title }) => Title).sort();
const grosses = async () => [...(await world.cells()).values()].map(({ Gross }) => Gross);

const update = (ids: readonly string[]) => ({
  changes: ids.map((recordId) => ({ kind: 'update', table: 'Films', recordId, cells: { Gross: 1 } })),
});
const CREATE = {
  changes: ['Ran', 'Ikiru'].map((Title) => ({ kind: 'create', table: 'Films', cells: { Title } })),
};
const remove = (ids: readonly string[]) => ({
  changes: ids.map((recordId) => ({ kind: 'delete', table: 'Films', recordId })),
});
const MINE = [10_000, 10_001];

describe('a request without an answer that lands late', () => {
  it('is an update that lands after its undo: it is taken back once more', async () => {
    const edit = await world.approved(update(await world.films(2)));
    const held = hold('PATCH', 99);
    await world.applyAll(edit).catch(() => undefined);
    world.onRequest = async () => undefined;
    await undo(edit);
    expect(await grosses()).toEqual(MINE);
    await firstSweep(edit, true);
    await deliver(held);
    expect(await grosses()).toEqual([1, 1]);
    await settle(edit, true);
    expect(await grosses()).toEqual(MINE);
    expect(await world.conclude(edit, true)).toMatchObject({
      leftOver: 0,
      outcome: { undone: 2 },
      settling: { windowSeconds: 0.5, lateLandings: 2, needsReview: 0, over: true },
    });
  });

  it('is an update of which the gateway sent a second one that was answered: both are waited for', async () => {
    const edit = await world.approved(update(await world.films(2)));
    const held = hold('PATCH', 1);
    await apply(edit);
    expect(await world.states(edit)).toEqual({ landed: 2 });
    await undo(edit);
    await deliver(held);
    await settle(edit, true);
    expect(await grosses()).toEqual(MINE);
  });

  it('is a creation that lands after it was given up: it is deleted', async () => {
    const edit = await world.approved(CREATE);
    const held = hold('POST', 1);
    await world.applyAll(edit);
    await undo(edit);
    expect(await world.states(edit)).toEqual({ undone: 2 });
    await deliver(held);
    expect(await titles()).toEqual(['Ikiru', 'Ran']);
    await settle(edit, true);
    expect(await titles()).toEqual([]);
    expect(await world.conclude(edit, true)).toMatchObject({
      leftOver: 0,
      settling: { lateLandings: 2, needsReview: 0 },
    });
  });

  it('is a creation that was judged not landed and sent again: what the second undo cannot know is deleted', async () => {
    const edit = await world.approved(CREATE);
    const held = hold('POST', 1);
    await apply(edit);
    expect(await world.states(edit)).toEqual({ landed: 2 });
    await undo(edit);
    await deliver(held);
    await settle(edit, true);
    expect(await titles()).toEqual([]);
  });

  it('is a creation that was sent again, in an edit that stands: what is there twice is there once', async () => {
    const edit = await world.approved(CREATE);
    const held = hold('POST', 1);
    await apply(edit);
    const own = [...(await world.cells()).keys()].sort();
    await firstSweep(edit, false);
    await deliver(held);
    expect((await world.cells()).size).toBe(4);
    await settle(edit, false);
    expect([...(await world.cells()).keys()].sort()).toEqual(own);
    expect(await world.conclude(edit, false)).toMatchObject({
      outcome: { landed: 2 },
      settling: { lateLandings: 2, unanswered: 1 },
    });
  });

  it('is a deletion that lands after it was given up: the record is created again', async () => {
    const edit = await world.approved(remove(await world.films(2)));
    const held = hold('DELETE', 99);
    await world.applyAll(edit).catch(() => undefined);
    world.onRequest = async () => undefined;
    await undo(edit);
    await deliver(held);
    expect(await titles()).toEqual([]);
    await settle(edit, true);
    expect(await titles()).toEqual(['Film 0', 'Film 1']);
    expect(await world.states(edit)).toEqual({ undone: 2 });
  });

  it('is the undo of a deletion that was sent again: the record comes back once', async () => {
    const edit = await world.approved(remove(await world.films(2)));
    await apply(edit);
    const held = hold('POST', 1);
    await undo(edit);
    expect(await titles()).toEqual(['Film 0', 'Film 1']);
    await deliver(held);
    expect((await world.cells()).size).toBe(4);
    await settle(edit, true);
    expect(await titles()).toEqual(['Film 0', 'Film 1']);
  });

  it('is the undo of an update: it says what the second one said', async () => {
    const edit = await world.approved(update(await world.films(2)));
    await apply(edit);
    const held = hold('PATCH', 1);
    await undo(edit);
    await settle(edit, true);
    await deliver(held);
    expect(await grosses()).toEqual(MINE);
  });

  it('replaces what somebody had set, in an edit that stands: theirs is put back', async () => {
    const [first = '', second = ''] = await world.films(2);
    const edit = await world.approved(update([first, second]));
    const held = hold('PATCH', 99);
    await world.applyAll(edit).catch(() => undefined);
    world.onRequest = async () => undefined;
    await world.change(first, { Gross: 7 });
    await apply(edit);
    expect(await world.states(edit)).toEqual({ conflict: 1, landed: 1 });
    await deliver(held);
    await settle(edit, false);
    expect((await world.cells()).get(first)?.['Gross']).toBe(7);
    expect((await world.cells()).get(second)?.['Gross']).toBe(1);
    expect(await world.conclude(edit, false)).toMatchObject({ outcome: { undone: 1, landed: 1 } });
  });
});

describe('the settle window', () => {
  it('is not needed when every write was answered, and the result says so', async () => {
    const edit = await world.approved(update(await world.films(2)));
    expect(await world.applyAll(edit)).not.toHaveProperty('unanswered');
    expect(await world.conclude(edit, false)).toMatchObject({ settling: null });
  });

  it('is not needed when what was without an answer was found', async () => {
    const edit = await world.approved(CREATE);
    const held = hold('POST', 1);
    await world.applyAll(edit).catch(() => undefined);
    await deliver(held);
    await apply(edit);
    expect(await world.applyAll(edit)).not.toHaveProperty('unanswered');
    expect(await titles()).toEqual(['Ikiru', 'Ran']);
  });

  it('is waited out again by whoever goes on after a kill between two sweeps', async () => {
    const edit = await world.approved(update(await world.films(2)));
    const held = hold('PATCH', 99);
    await world.applyAll(edit).catch(() => undefined);
    world.onRequest = async () => undefined;
    await undo(edit);
    await firstSweep(edit, true);
    await deliver(held);
    // The next one knows the journal only: it finds the landing, and dies before it is taken back.
    expect(await world.sweep(edit, true)).toMatchObject({ state: 'walk' });
    expect(await world.undoAll(edit)).toMatchObject({ state: 'done' });
    await settle(edit, true);
    expect(await grosses()).toEqual(MINE);
  });

  it('leaves a record that came late and that somebody changed to a person', async () => {
    const edit = await world.approved(CREATE);
    const held = hold('POST', 1);
    await apply(edit);
    const own = new Set((await world.cells()).keys());
    await deliver(held);
    const late = [...(await world.cells()).keys()].find((id) => !own.has(id)) ?? '';
    // Changed between what a sweep found and its deletion.
    const request = world.onRequest;
    world.onRequest = async (method, path, body) => {
      if (method === 'GET' && path.includes('RECORD_ID')) await world.change(late, { Gross: 5 });
      return request(method, path, body);
    };
    await settle(edit, false);
    expect((await world.cells()).get(late)).toMatchObject({ Gross: 5 });
    expect(await world.conclude(edit, false)).toMatchObject({ leftOver: 0, settling: { needsReview: 1 } });
    expect(await world.editState(edit)).toBe('needs_review');
  });
});
