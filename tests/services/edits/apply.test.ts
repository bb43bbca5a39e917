import { createEditWorld, type EditWorld } from './edit-world';

let world: EditWorld;
beforeAll(async () => {
  world = await createEditWorld();
}, 60_000);
afterAll(() => world.close());

const NO_ANSWER = { status: 503, body: { error: { type: 'RETRIABLE_ERROR', message: 'later' } } };
const setAll = (gross: number) => ({
  rules: [{ kind: 'set', table: 'Films', where: '{Title}', cells: { Gross: gross } }],
});

beforeEach(async () => {
  world.forget();
  for (const id of (await world.cells()).keys())
    await world.server.call('DELETE', `/${world.server.base.id}/${world.server.table('Films')}/${id}`);
  world.seen();
});

it('checks a hundred records with one call and writes ten a call', async () => {
  await world.films(250);
  const edit = await world.approved(setAll(1_000_000));
  world.seen();
  expect(await world.applyAll(edit)).toMatchObject({ state: 'done', done: 250, total: 250 });
  const seen = world.seen();
  expect(seen.filter((call) => call === 'PATCH records')).toHaveLength(25);
  // The schema is read once more before the first write.
  expect(seen).toHaveLength(1 + 28);
  expect([...(await world.cells()).values()].every((cells) => cells['Gross'] === 1_000_000)).toBe(true);
  expect(await world.states(edit)).toEqual({ landed: 250 });
});

it('undoes with as few calls, and gives back every cell', async () => {
  await world.films(120);
  const before = await world.cells();
  const edit = await world.approved(setAll(5));
  await world.applyAll(edit);
  world.seen();
  expect(await world.undoAll(edit)).toMatchObject({ state: 'done' });
  expect(world.seen()).toHaveLength(12 + 2);
  expect(await world.cells()).toEqual(before);
});

it('a change by somebody that the look shows is a conflict of that record alone', async () => {
  const ids = await world.films(40);
  const edit = await world.approved(setAll(7));
  await world.change(ids[33] ?? '', { Gross: 99 });
  await world.applyAll(edit);
  expect(await world.states(edit)).toEqual({ landed: 39, conflict: 1 });
  expect((await world.cells()).get(ids[33] ?? '')).toMatchObject({ Gross: 99 });
});

it('under the policy stop one conflict keeps everything of the same look from being written', async () => {
  const ids = await world.films(40);
  const edit = await world.approved(setAll(7), 'stop');
  await world.change(ids[2] ?? '', { Gross: 99 });
  await expect(world.applyAll(edit)).rejects.toMatchObject({ code: 'edit_conflict' });
  expect(await world.states(edit)).toEqual({ pending: 39, conflict: 1 });
  expect(world.seen().filter((call) => call === 'PATCH records')).toEqual([]);
});

it('a record that goes away between look and write is a conflict, and the others of its batch land', async () => {
  const ids = await world.films(30);
  const edit = await world.approved(setAll(3));
  let first = true;
  world.onRequest = async (method) => {
    if (method !== 'PATCH' || !first) return undefined;
    first = false;
    await world.server.call('DELETE', `/${world.server.base.id}/${world.server.table('Films')}/${ids[4]}`);
    return undefined;
  };
  expect(await world.applyAll(edit)).toMatchObject({ state: 'done' });
  expect(await world.states(edit)).toEqual({ landed: 29, conflict: 1 });
});

it('while the limit rests the chunk ends and asks to wait, and what was not sent stays pending', async () => {
  await world.films(30);
  const edit = await world.approved(setAll(8));
  let writes = 0;
  world.onRequest = async (method) =>
    method === 'PATCH' && ++writes >= 2
      ? { status: 429, body: { error: { type: 'RATE_LIMIT_REACHED', message: 'Rate limit exceeded.' } } }
      : undefined;
  const chunk = await world.applyAll(edit);
  expect(chunk).toMatchObject({ state: 'wait' });
  expect(chunk.waitMs).toBeGreaterThan(1_000);
  const states = await world.states(edit);
  expect(states['landed']).toBe(10);
  expect(states['pending']).toBe(20);
});

it('gets on where the share of the base puts two turns farther apart than a call may wait', async () => {
  await world.films(10);
  const edit = await world.approved(setAll(12));
  await world.share(0.8);
  world.seen();
  expect(await world.applyAll(edit)).toMatchObject({ state: 'done' });
  await world.share(null);
  expect(world.seen()).toEqual(['GET meta', 'GET records', 'PATCH records']);
});

it('a spent quota asks to pause, loses nothing and takes nothing back', async () => {
  await world.films(30);
  const edit = await world.approved(setAll(9));
  let writes = 0;
  const spent = { error: { type: 'PUBLIC_API_BILLING_LIMIT_EXCEEDED', message: 'spent' } };
  world.onRequest = async (method) =>
    method === 'PATCH' && ++writes >= 2 ? { status: 429, body: spent } : undefined;
  expect(await world.applyAll(edit)).toMatchObject({ state: 'quota' });
  const { landed, pending, ...others } = await world.states(edit);
  expect([landed, pending, others]).toEqual([10, 20, {}]);
  world.onRequest = async () => undefined;
  expect(await world.applyAll(edit)).toMatchObject({ state: 'done' });
  expect(await world.states(edit)).toEqual({ landed: 30 });
});

it('a write without an answer stops further ones, and the next chunk finds out what became of it', async () => {
  await world.films(60);
  const edit = await world.approved(setAll(11));
  world.onRequest = async (method) => (method === 'PATCH' ? NO_ANSWER : undefined);
  await expect(world.applyAll(edit)).rejects.toMatchObject({ kind: 'Unavailable', retryable: true });
  const { intended = 0, pending = 0 } = await world.states(edit);
  expect(intended + pending).toBe(60);
  expect(intended).toBeLessThanOrEqual(20);
  world.forget();
  expect(await world.applyAll(edit)).toMatchObject({ state: 'done' });
  expect(await world.states(edit)).toEqual({ landed: 60 });
});

it.each(['lands', 'never lands'])(
  'a creation whose answer is lost is looked for and is there once (%s)',
  async (fate) => {
    const changes = Array.from({ length: 15 }, (_, n) => ({
      kind: 'create',
      table: 'Films',
      cells: { Title: `New ${n}` },
    }));
    const edit = await world.approved({ changes });
    let posts = 0;
    world.onRequest = async (method, path, body) => {
      if (method !== 'POST' || ++posts !== 1) return undefined;
      if (fate === 'lands') await world.server.call(method, path.replace('/v0', ''), body.toString());
      return { status: 502, body: {} };
    };
    for (let chunk = await world.applyAll(edit); chunk.state !== 'done'; chunk = await world.applyAll(edit))
      expect(chunk.state).toBe('wait');
    const titles = [...(await world.cells()).values()].map((cells) => cells['Title']);
    expect(titles.sort()).toEqual(changes.map((change) => change.cells.Title).sort());
    expect(await world.states(edit)).toEqual({ landed: 15 });
  },
);

it('creations are sent one request at a time: two lost answers could not be told apart', async () => {
  const changes = Array.from({ length: 40 }, () => ({
    kind: 'create',
    table: 'Films',
    cells: { Title: 'The same' },
  }));
  const edit = await world.approved({ changes });
  let under = 0;
  let most = 0;
  world.onRequest = async (method) => {
    if (method !== 'POST') return undefined;
    most = Math.max(most, ++under);
    await new Promise((resolve) => setImmediate(resolve));
    under--;
    return undefined;
  };
  await world.applyAll(edit);
  expect(most).toBe(1);
  expect((await world.cells()).size).toBe(40);
});
