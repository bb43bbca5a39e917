import { createWitnessWorld, type WitnessWorld } from '../witness/witness-world';
import type { EditRefs } from './edit-world';

let world: WitnessWorld;
let films: string[];
beforeAll(async () => {
  world = await createWitnessWorld();
}, 60_000);
afterAll(() => world.close());
beforeEach(async () => {
  await world.reset();
  for (const id of (await world.cells()).keys())
    await world.as('full', 'DELETE', `/${world.ref.baseId}/${world.server.table('Films')}/${id}`);
  films = await world.films(3);
  await world.witness.watch(world.ref, 60);
});

const field = (name: string) => world.server.field('Films', name);
const film = (n: number) => films[n] ?? '';
const update = (n: number, cells: Record<string, unknown>) => ({
  kind: 'update',
  table: 'Films',
  recordId: film(n),
  cells,
});
async function interference({ workspaceId, editId }: EditRefs) {
  await world.poll();
  const view = await world.editViews.get(workspaceId, editId);
  if (!view.interference) throw new Error('the view does not say');
  return view.interference;
}
/** Does something right before the first request of this kind goes on to the base: between our check and our write. */
function before(method: string, work: () => Promise<void>): void {
  let done = false;
  world.onRequest = async (asked, path) => {
    if (asked !== method || !/^\/v0\/app\w+\/tbl\w+/.test(path) || done) return undefined;
    done = true;
    await work();
    return undefined;
  };
}
const NOTHING = { overwritten: [], overwrittenCount: 0, changedSince: [], changedSinceCount: 0 };

it('an edit that nobody disturbed says so, and which of the stream is its own', async () => {
  const edit = await world.approved({ changes: [update(0, { Gross: 1 }), update(1, { Gross: 2 })] });
  await world.applyAll(edit);
  const found = await interference(edit);
  expect(found).toMatchObject({ watched: true, gaps: [], ...NOTHING });
  expect(Date.parse(found.upTo ?? '')).toBeGreaterThan(0);
  expect(await world.stream()).toMatchObject([
    { recordId: film(0), editId: edit.editId },
    { recordId: film(1), editId: edit.editId },
  ]);
  expect(world.foreign).toEqual([]);
});

it('an edit of a base that is not watched knows nothing, and says that', async () => {
  await world.witness.unwatch(world.ref);
  const edit = await world.approved({ changes: [update(0, { Gross: 1 })] });
  await world.applyAll(edit);
  expect(await interference(edit)).toMatchObject({ watched: false, upTo: null, ...NOTHING });
});

it('a value written between check and write shows as overwritten, with who wrote it', async () => {
  const edit = await world.approved({
    changes: [update(0, { Gross: 1, Notes: 'ours' }), update(1, { Gross: 2 })],
  });
  before('PATCH', () => world.meddle(film(0), { Gross: 55, Title: 'Theirs' }));
  await world.applyAll(edit);
  expect(await interference(edit)).toMatchObject({
    overwrittenCount: 1,
    overwritten: [
      {
        recordId: film(0),
        tableId: world.server.table('Films'),
        fieldId: field('Gross'),
        value: 55,
        by: { id: 'usr_foreign' },
        source: 'publicApi',
        at: expect.any(String) as unknown,
      },
    ],
    changedSince: [],
  });
});

it('what the approval knowingly overwrites is not called unseen', async () => {
  const edit = await world.approved({ changes: [update(0, { Gross: 1 })] }, 'overwrite');
  await world.meddle(film(0), { Gross: 55 });
  await world.applyAll(edit);
  expect(await interference(edit)).toMatchObject(NOTHING);
});

it('a write that was sent twice overwrites nobody the second time', async () => {
  const edit = await world.approved({ changes: [update(0, { Gross: 1 })] });
  let first = true;
  world.onRequest = async (method, path, body) => {
    if (method !== 'PATCH' || !first) return undefined;
    first = false;
    await world.as('full', 'PATCH', path.replace('/v0', ''), JSON.parse(body.toString()));
    return { status: 503, body: { error: { type: 'RETRIABLE_ERROR', message: 'later' } } };
  };
  await world.applyAll(edit);
  expect(await world.states(edit)).toEqual({ landed: 1 });
  expect(await interference(edit)).toMatchObject(NOTHING);
});

it('changes after our write are told with their fields; those before it are not', async () => {
  const edit = await world.approved({ changes: [update(0, { Gross: 1 }), update(1, { Gross: 2 })] });
  await world.meddle(film(0), { Title: 'Before' });
  await world.applyAll(edit);
  await world.meddle(film(0), { Gross: 9, Title: 'After' });
  await world.as('foreign', 'DELETE', `/${world.ref.baseId}/${world.server.table('Films')}/${film(1)}`);
  await world.meddle(film(2), { Gross: 3 });
  const found = await interference(edit);
  expect(found).toMatchObject({
    overwritten: [],
    changedSinceCount: 2,
    changedSince: [
      { recordId: film(0), kind: 'updated', by: { id: 'usr_foreign' } },
      { recordId: film(1), kind: 'deleted', fieldIds: [] },
    ],
  });
  expect(found.changedSince[0]?.fieldIds).toEqual([field('Gross'), field('Title')].sort());
});

it('the same user by another program, with other values, is somebody else', async () => {
  const edit = await world.approved({ changes: [update(0, { Gross: 1 })] });
  await world.applyAll(edit);
  await world.change(film(0), { Gross: 1_000 });
  expect(await interference(edit)).toMatchObject({ changedSince: [{ recordId: film(0) }] });
});

it('another user who writes the same value is not taken for us', async () => {
  const edit = await world.approved({ changes: [update(0, { Gross: 1 }), update(1, { Gross: 2 })] });
  before('PATCH', () => world.meddle(film(0), { Gross: 1 }));
  await world.applyAll(edit);
  await world.poll();
  const [theirs, ours] = await world.stream();
  expect(theirs).toMatchObject({ recordId: film(0), actor: { id: 'usr_foreign' }, editId: null });
  expect(ours).toMatchObject({ recordId: film(1), editId: edit.editId });
  expect(await interference(edit)).toMatchObject({ overwritten: [] });
});

it('what was written to a record right before we deleted it is told as lost', async () => {
  const edit = await world.approved({ changes: [{ kind: 'delete', table: 'Films', recordId: film(0) }] });
  before('DELETE', () => world.meddle(film(0), { Notes: 'keep this' }));
  await world.applyAll(edit);
  expect(await interference(edit)).toMatchObject({
    overwritten: [
      { recordId: film(0), fieldId: field('Notes'), value: 'keep this', by: { id: 'usr_foreign' } },
    ],
    changedSince: [],
  });
});

it('records that an edit makes are its own, however early their payload comes', async () => {
  const edit = await world.approved({
    changes: [{ kind: 'create', table: 'Films', cells: { Title: 'New', Gross: 5 } }],
  });
  world.onRequest = async (method, path, body) => {
    if (method !== 'POST' || !path.endsWith(world.server.table('Films'))) return undefined;
    const answer = await world.as('full', 'POST', path.replace('/v0', ''), JSON.parse(body.toString()));
    await world.poll();
    return { status: 200, body: answer };
  };
  await world.applyAll(edit);
  expect(await world.stream()).toMatchObject([{ kind: 'created', editId: null }]);
  expect(await interference(edit)).toMatchObject(NOTHING);
  expect(await world.stream()).toMatchObject([{ kind: 'created', editId: edit.editId }]);
});

it('taking back is ours too, and what it replaces unseen is told', async () => {
  const edit = await world.approved({ changes: [update(0, { Gross: 1 }), update(1, { Gross: 2 })] });
  await world.applyAll(edit);
  await world.poll();
  before('PATCH', () => world.meddle(film(1), { Gross: 66 }));
  await world.undoAll(edit);
  expect(await interference(edit)).toMatchObject({
    overwritten: [{ recordId: film(1), fieldId: field('Gross'), value: 66 }],
    changedSince: [],
  });
  const ours = (await world.stream()).filter(({ editId }) => editId === edit.editId);
  expect(ours).toHaveLength(4);
});

it('the other side of a link that we set is ours', async () => {
  const { id } = (await world.as('full', 'POST', `/${world.ref.baseId}/${world.server.table('Directors')}`, {
    fields: { Name: 'Kurosawa' },
  })) as { id: string };
  await world.poll();
  const edit = await world.approved({ changes: [update(0, { Director: [id] })] });
  await world.applyAll(edit);
  await world.poll();
  const changes = (await world.stream()).filter(({ kind }) => kind === 'updated');
  expect(changes.map(({ recordId, editId }) => [recordId, editId]).sort()).toEqual(
    [
      [film(0), edit.editId],
      [id, edit.editId],
    ].sort(),
  );
});

it('lists of edits do not look', async () => {
  const edit = await world.approved({ changes: [update(0, { Gross: 1 })] });
  const [listed] = await world.editViews.list(edit.workspaceId, 1, undefined);
  expect(listed).toMatchObject({ id: edit.editId });
  expect(listed).not.toHaveProperty('interference');
});
