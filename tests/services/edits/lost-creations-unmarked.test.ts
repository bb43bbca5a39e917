import fc from 'fast-check';
import { newId } from '../../../services/ids';
import { createCreationWorld, type CreationWorld, type Fault } from './creation-world';
import type { EditRefs } from './edit-world';

let world: CreationWorld;
beforeAll(async () => {
  world = await createCreationWorld();
}, 60_000);
afterAll(() => world.close());
beforeEach(() => world.clear());

const RAN = { Title: 'Ran', Gross: 5 };
const propose = (cells: readonly object[]) =>
  world.approved({ changes: cells.map((c) => ({ kind: 'create', table: 'Films', cells: c })) });
const films = () => `/${world.ref.baseId}/${world.server.table('Films')}`;
const admin = () => world.server.database.admin;

async function sendOnce(edit: EditRefs): Promise<void> {
  await world.applyAll(edit).catch(() => undefined);
}

it('whatever answers are lost: no record is there twice, and what cannot be told is left for a person', async () => {
  const fault = fc.constantFrom<Fault>('ok', 'lost', 'never', 'late');
  const scenario = fc.record({
    faults: fc.array(fault, { minLength: 1, maxLength: 5 }),
    titles: fc.array(fc.constantFrom('Ran', 'Ikiru', 'Kagemusha'), { minLength: 1, maxLength: 14 }),
  });
  await fc.assert(
    fc.asyncProperty(scenario, async ({ faults, titles }) => {
      await world.clear();
      const edit = await propose(titles.map((Title) => ({ Title })));
      world.disturb(faults);
      await world.finish(edit);
      const rows = await world.rows(edit);
      const there = await world.all();
      const landed = rows.flatMap(({ state, record_id }) => (state === 'landed' ? [record_id] : []));
      const unknown = rows.filter(({ state }) => state === 'unknown').length;
      expect(landed.length + unknown).toBe(titles.length);
      expect(new Set(landed).size).toBe(landed.length);
      expect(there).toEqual(expect.arrayContaining(landed));
      expect(there.length).toBeLessThanOrEqual(titles.length);
      if (unknown === 0) expect(there).toHaveLength(titles.length);
    }),
    { seed: 20_261_121, numRuns: 8 },
  );
}, 240_000);

it('two requests of one edit for the same, both without an answer: both are found', async () => {
  const edit = await propose(Array.from({ length: 20 }, () => RAN));
  world.disturb(['lost', 'lost']);
  await world.finish(edit);
  expect(await world.states(edit)).toEqual({ landed: 20 });
  expect(await world.all()).toHaveLength(20);
  expect(new Set((await world.rows(edit)).map(({ evidence }) => evidence))).toEqual(new Set(['read_back']));
  await world.undo(edit);
  expect(await world.all()).toEqual([]);
});

it('a record that is there since before the request was sent is neither taken nor counted out', async () => {
  await world.as('full', 'POST', films(), { fields: RAN });
  await admin().query(`UPDATE engine_records SET created_time = created_time - interval '20 seconds'`);
  const edit = await propose([RAN]);
  world.disturb(['never']);
  await world.finish(edit);
  expect(await world.states(edit)).toEqual({ unknown: 1 });
  await world.undo(edit);
  expect(await world.all()).toHaveLength(1);
});

it('one that is older than clocks can differ is nobody’s doubt', async () => {
  await world.as('full', 'POST', films(), { fields: RAN });
  await admin().query(`UPDATE engine_records SET created_time = created_time - interval '10 minutes'`);
  const edit = await propose([RAN]);
  world.disturb(['never']);
  await world.finish(edit);
  expect(await world.states(edit)).toEqual({ landed: 1 });
  expect(await world.all()).toHaveLength(2);
});

it.each([
  ['is still without an answer', 'intended', null, { unknown: 1 }],
  ['is not known to have landed', 'unknown', null, { unknown: 1 }],
  ['carried a marker', 'intended', 'fldMarker00000000', { landed: 1 }],
  ['was refused', 'failed', null, { landed: 1 }],
])('where a creation of the same by another workspace %s', async (_what, state, markerField, outcome) => {
  const edit = await propose([RAN]);
  world.disturb(['lost']);
  await sendOnce(edit);
  const other = newId('edit');
  await admin().query(
    `INSERT INTO edits (workspace_id, id, connection_id, base_id, state, proposed_by) VALUES ($1, $2, 'con', $3, 'applying', 'usr')`,
    [world.server.otherWorkspaceId, other, world.ref.baseId],
  );
  const { rows } = await admin().query<{ change: unknown }>(
    'SELECT change FROM edit_changes WHERE edit_id = $1',
    [edit.editId],
  );
  await admin().query(
    `INSERT INTO edit_changes (workspace_id, edit_id, ordinal, kind, table_id, change, group_key, state, sent_at, first_sent_at, marker_field)
     VALUES ($1, $2, 0, 'create', $3, $4, '', $5, now(), now(), $6)`,
    [
      world.server.otherWorkspaceId,
      other,
      world.server.table('Films'),
      JSON.stringify(rows[0]?.change),
      state,
      markerField,
    ],
  );
  await world.finish(edit);
  expect(await world.states(edit)).toEqual(outcome);
  expect(await world.all()).toHaveLength(1);
});

it('a record that another workspace’s journal accounts for is not ours', async () => {
  const edit = await propose([RAN]);
  world.disturb(['never']);
  await sendOnce(edit);
  const { id } = (await world.as('full', 'POST', films(), { fields: RAN })) as { id: string };
  const other = newId('edit');
  await admin().query(
    `INSERT INTO edits (workspace_id, id, connection_id, base_id, state, proposed_by) VALUES ($1, $2, 'con', $3, 'applied', 'usr')`,
    [world.server.otherWorkspaceId, other, world.ref.baseId],
  );
  await admin().query(
    `INSERT INTO edit_changes (workspace_id, edit_id, ordinal, kind, table_id, change, group_key, state, record_id)
     SELECT $1, $2, 0, 'create', table_id, change, '', 'landed', $3 FROM edit_changes WHERE edit_id = $4`,
    [world.server.otherWorkspaceId, other, id, edit.editId],
  );
  await world.finish(edit);
  expect(await world.states(edit)).toEqual({ landed: 1 });
  expect(await world.all()).toHaveLength(2);
});

it('a request of which only some records are there is left for a person, and none of them is deleted', async () => {
  const edit = await propose([RAN, { Title: 'Ikiru' }]);
  world.disturb(['lost']);
  await sendOnce(edit);
  const [first = ''] = await world.all();
  await world.as('full', 'DELETE', `${films()}/${first}`);
  await world.finish(edit);
  expect(await world.states(edit)).toEqual({ unknown: 2 });
  await world.undo(edit);
  expect(await world.all()).toHaveLength(1);
});

it('a new record to which somebody added something before it was found stays when the edit is undone', async () => {
  const edit = await propose([RAN]);
  world.disturb(['lost']);
  await sendOnce(edit);
  const [first = ''] = await world.all();
  await world.change(first, { Notes: 'mine now' });
  await world.finish(edit);
  expect(await world.states(edit)).toEqual({ landed: 1 });
  await world.undo(edit);
  expect(await world.states(edit)).toEqual({ undo_conflict: 1 });
  expect(await world.all()).toEqual([first]);
});

it('a record that carries another edit’s marker was not made by a request without markers', async () => {
  await world.mark(true);
  const marked = await propose([RAN]);
  await world.finish(marked);
  await admin().query(`UPDATE edit_changes SET record_id = NULL WHERE edit_id = $1`, [marked.editId]);
  await world.mark(false);
  const edit = await propose([RAN]);
  world.disturb(['never']);
  await world.finish(edit);
  expect(await world.states(edit)).toEqual({ landed: 1 });
  expect(await world.all()).toHaveLength(2);
});
