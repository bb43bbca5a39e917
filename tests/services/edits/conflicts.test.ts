import { pollUntil } from '../../support/poll';
import { createEditWorld, type EditRefs, type EditWorld } from './edit-world';

let world: EditWorld;
beforeAll(async () => {
  world = await createEditWorld();
}, 60_000);
afterAll(() => world.close());

const setAll = (gross: number) => ({
  rules: [{ kind: 'set', table: 'Films', where: '{Title}', cells: { Gross: gross } }],
});
const cell = async (id: string | undefined, field = 'Gross') => (await world.cells()).get(id ?? '')?.[field];
const open = ({ workspaceId, editId }: EditRefs) =>
  world.reviews.conflicts(workspaceId, editId, { after: -1, limit: 200, open: true });
const all = ({ workspaceId, editId }: EditRefs) =>
  world.reviews.conflicts(workspaceId, editId, { after: -1, limit: 200, open: false });
const decide = (
  { workspaceId, editId }: EditRefs,
  input: Parameters<EditWorld['reviews']['decide']>[3],
  by = 'usr_anna',
) => world.reviews.decide(workspaceId, editId, by, input);

beforeEach(async () => {
  world.forget();
  for (const id of (await world.cells()).keys())
    await world.server.call('DELETE', `/${world.server.base.id}/${world.server.table('Films')}/${id}`);
});

it('puts a conflict aside with its three values, and the rest of the edit goes on', async () => {
  const ids = await world.films(30);
  const edit = await world.approved(setAll(7), 'ask');
  await world.change(ids[12] ?? '', { Gross: 99 });
  const chunk = await world.applyAll(edit);
  expect(chunk).toMatchObject({ state: 'ask', conflicts: 1 });
  expect(chunk.waitMs).toBeGreaterThan(3_600_000);
  expect(await world.states(edit)).toEqual({ landed: 29, conflict: 1 });
  expect(await cell(ids[12])).toBe(99);
  const page = await open(edit);
  expect(page.open).toBe(1);
  expect(page.conflicts).toMatchObject([
    {
      recordId: ids[12],
      decision: null,
      cells: [{ fieldName: 'Gross', changed: true, before: 10_012, ours: 7, now: 99 }],
    },
  ]);
});

it('writes what somebody decides to overwrite, and an undo gives back what that replaced', async () => {
  const ids = await world.films(10);
  const edit = await world.approved(setAll(7), 'ask');
  await world.change(ids[3] ?? '', { Gross: 99 });
  await world.applyAll(edit);
  const [conflict] = (await open(edit)).conflicts;
  const now = { [String(conflict?.ordinal)]: conflict?.now ?? '' };
  const decided = await decide(edit, { ordinals: [conflict?.ordinal ?? -1], decision: 'overwrite', now });
  expect(decided).toEqual({ decided: 1, open: 0 });
  expect(await world.applyAll(edit)).toMatchObject({ state: 'done' });
  expect(await cell(ids[3])).toBe(7);
  expect((await all(edit)).conflicts).toMatchObject([{ decision: 'overwrite', decidedBy: 'usr_anna' }]);
  await world.undoAll(edit);
  expect(await cell(ids[3])).toBe(99);
});

it('asks anew where the record was changed after the decision, and writes nothing over it', async () => {
  const ids = await world.films(10);
  const edit = await world.approved(setAll(7), 'ask');
  await world.change(ids[3] ?? '', { Gross: 99 });
  await world.applyAll(edit);
  await decide(edit, { all: true, decision: 'overwrite' });
  await world.change(ids[3] ?? '', { Gross: 100 });
  expect(await world.applyAll(edit)).toMatchObject({ state: 'ask', conflicts: 1 });
  expect(await cell(ids[3])).toBe(100);
  expect((await open(edit)).conflicts).toMatchObject([{ decidedBy: null, cells: [{ now: 100 }] }]);
});

it('takes no decision that was made on values which are not the ones asked about', async () => {
  const ids = await world.films(10);
  const edit = await world.approved(setAll(7), 'ask');
  await world.change(ids[3] ?? '', { Gross: 99 });
  await world.applyAll(edit);
  const [shown] = (await open(edit)).conflicts;
  const ordinal = shown?.ordinal ?? -1;
  await decide(edit, { all: true, decision: 'overwrite' });
  await world.change(ids[3] ?? '', { Gross: 100 });
  await world.applyAll(edit);
  const now = { [ordinal]: shown?.now ?? '' };
  await expect(decide(edit, { ordinals: [ordinal], decision: 'overwrite', now })).rejects.toMatchObject({
    code: 'conflict_moved',
  });
  expect((await open(edit)).open).toBe(1);
});

it('of two persons who decide at once one wins', async () => {
  const ids = await world.films(10);
  const edit = await world.approved(setAll(7), 'ask');
  await world.change(ids[3] ?? '', { Gross: 99 });
  await world.applyAll(edit);
  const [first] = (await open(edit)).conflicts;
  const ordinals = [first?.ordinal ?? -1];
  const ends = await Promise.allSettled([
    decide(edit, { ordinals, decision: 'overwrite' }, 'usr_anna'),
    decide(edit, { ordinals, decision: 'skip' }, 'usr_bert'),
  ]);
  expect(ends.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
  expect(ends.find(({ status }) => status === 'rejected')).toMatchObject({
    reason: { code: 'conflicts_decided' },
  });
  const { rows } = await world.server.database.admin.query<{ actor: string }>(
    `SELECT actor FROM audit WHERE action = 'edit.conflicts_decided' AND subject = $1`,
    [edit.editId],
  );
  const winner = ends[0].status === 'fulfilled' ? 'usr_anna' : 'usr_bert';
  expect(rows).toEqual([{ actor: winner }]);
});

it('leaves alone what is to be skipped, and what nobody decided on in time, and says which', async () => {
  const ids = await world.films(10);
  const edit = await world.approved(setAll(7), 'ask');
  await world.change(ids[1] ?? '', { Gross: 91 });
  await world.change(ids[2] ?? '', { Gross: 92 });
  await world.applyAll(edit);
  const [first] = (await open(edit)).conflicts;
  await decide(edit, { ordinals: [first?.ordinal ?? -1], decision: 'skip' });
  expect(await world.applyAll(edit)).toMatchObject({ state: 'ask', conflicts: 1 });
  await world.server.database.admin.query(
    `UPDATE edit_conflicts SET expires_at = clock_timestamp() WHERE edit_id = $1`,
    [edit.editId],
  );
  expect(await world.applyAll(edit)).toMatchObject({ state: 'done' });
  expect(await world.states(edit)).toEqual({ landed: 8, conflict: 2 });
  expect([await cell(ids[1]), await cell(ids[2])]).toEqual([91, 92]);
  const { rows } = await world.server.database.admin.query<{ reason: string }>(
    `SELECT reason FROM edit_changes WHERE edit_id = $1 AND state = 'conflict' ORDER BY ordinal`,
    [edit.editId],
  );
  expect(rows[0]?.reason).toContain('decided by a person');
  expect(rows[1]?.reason).toContain('nobody decided in time');
  expect((await all(edit)).conflicts.map(({ decision, decidedBy }) => [decision, decidedBy])).toEqual([
    ['skip', 'usr_anna'],
    ['skip', null],
  ]);
});

it('asks before it deletes a record that somebody changed', async () => {
  const ids = await world.films(3);
  const edit = await world.approved(
    { changes: ids.slice(0, 2).map((recordId) => ({ kind: 'delete', table: 'Films', recordId })) },
    'ask',
  );
  await world.change(ids[0] ?? '', { Title: 'Renamed' });
  expect(await world.applyAll(edit)).toMatchObject({ state: 'ask', conflicts: 1 });
  expect([...(await world.cells()).keys()].sort()).toEqual([ids[0], ids[2]].sort());
  const [conflict] = (await open(edit)).conflicts;
  expect(conflict?.cells.find(({ fieldName }) => fieldName === 'Title')).toMatchObject({
    changed: true,
    before: 'Film 0',
    ours: null,
    now: 'Renamed',
  });
  await decide(edit, { all: true, decision: 'overwrite' });
  expect(await world.applyAll(edit)).toMatchObject({ state: 'done' });
  expect([...(await world.cells()).keys()]).toEqual([ids[2]]);
});

it('a record that is gone is a conflict without a question', async () => {
  const ids = await world.films(3);
  const edit = await world.approved(setAll(7), 'ask');
  await world.server.call('DELETE', `/${world.server.base.id}/${world.server.table('Films')}/${ids[0]}`);
  expect(await world.applyAll(edit)).toMatchObject({ state: 'done' });
  expect(await world.states(edit)).toEqual({ landed: 2, conflict: 1 });
});

it('takes no decision once the edit is being taken back', async () => {
  const ids = await world.films(3);
  const edit = await world.approved(setAll(7), 'ask');
  await world.change(ids[0] ?? '', { Gross: 99 });
  await world.applyAll(edit);
  await world.undoAll(edit);
  await expect(decide(edit, { all: true, decision: 'overwrite' })).rejects.toMatchObject({
    code: 'edit_not_waiting',
  });
  expect(await cell(ids[0])).toBe(99);
});

it('under ask too, an interrupted write is found out before anything is asked or sent again', async () => {
  const ids = await world.films(10);
  const edit = await world.approved(setAll(7), 'ask');
  await world.change(ids[0] ?? '', { Gross: 99 });
  let patches = 0;
  world.onRequest = async (method) =>
    method === 'PATCH' && ++patches === 1 ? { status: 503, body: { error: { type: 'X' } } } : undefined;
  await world.applyAll(edit).catch(() => undefined);
  await pollUntil('only the conflict is left', async () => (await world.applyAll(edit)).state === 'ask');
  expect(await world.states(edit)).toEqual({ landed: 9, conflict: 1 });
});
