import fc from 'fast-check';
import { markerOf } from '../../../services/edits/marked-creations';
import { createCreationWorld, type CreationWorld, type Fault } from './creation-world';
import type { EditRefs } from './edit-world';

let world: CreationWorld;
beforeAll(async () => {
  world = await createCreationWorld();
}, 60_000);
afterAll(() => world.close());
beforeEach(async () => {
  await world.clear();
  await world.mark(true);
});

const CREATES = [{ Title: 'Ran' }, { Title: 'Ran', Gross: 5 }, { Title: 'Ikiru', Rating: 'PG' }];
const propose = (cells: readonly object[] = CREATES) =>
  world.approved({ changes: cells.map((c) => ({ kind: 'create', table: 'Films', cells: c })) });
const films = () => `/${world.ref.baseId}/${world.server.table('Films')}`;
const markersOf = (edit: EditRefs, count = CREATES.length) =>
  Array.from({ length: count }, (_, n) => markerOf(edit.editId, n));
const NAME = 'Made {by} \\ us';
const carried = async () => [...(await world.cells()).values()].map((cells) => cells[NAME] ?? null);
const creations = () =>
  world.server.database.admin
    .query<{ reason: string | null }>(`SELECT reason FROM edit_changes WHERE kind = 'create'`)
    .then(({ rows }) => rows);

/** The chunk in which the request is sent; its entries stay without an answer. */
async function sendOnce(edit: EditRefs): Promise<void> {
  await world.applyAll(edit).catch(() => undefined);
  expect(await world.states(edit)).toEqual({ intended: CREATES.length });
}

it('every new record carries a marker of its own, the same for every attempt, and no other field is touched', async () => {
  const edit = await propose();
  await world.finish(edit);
  expect((await carried()).sort()).toEqual(markersOf(edit).sort());
  expect(new Set(await carried()).size).toBe(CREATES.length);
  expect(await carried()).toEqual(CREATES.map(() => expect.stringMatching(/^sgt_[0-9a-f]{24}$/) as unknown));
  expect((await world.rows(edit)).map(({ evidence }) => evidence)).toEqual(['answer', 'answer', 'answer']);
});

it('its undo takes the marker for its own and deletes the records', async () => {
  const edit = await propose();
  await world.finish(edit);
  await world.undo(edit);
  expect(await world.all()).toEqual([]);
  expect(await world.states(edit)).toEqual({ undone: 3 });
});

it.each<[string, Fault, string]>([
  ['whose answer is lost is found by its marker, and not sent again', 'lost', 'marker'],
  ['that never arrived is sent again', 'never', 'answer'],
  ['that lands before it is looked for is found by its marker', 'late', 'marker'],
  ['that lands after it was sent again finds the record that is there', 'later', 'answer'],
])('a creation %s', async (_what, fault, evidence) => {
  world.disturb([fault]);
  const edit = await propose();
  await world.finish(edit);
  await world.deliver();
  expect((await carried()).sort()).toEqual(markersOf(edit).sort());
  expect((await world.rows(edit)).map((row) => row.evidence)).toEqual([evidence, evidence, evidence]);
  await world.undo(edit);
  expect(await world.all()).toEqual([]);
});

it('whatever answers are lost and however late requests land: each record is there once', async () => {
  const fault = fc.constantFrom<Fault>('ok', 'lost', 'never', 'late', 'later');
  const scenario = fc.record({
    faults: fc.array(fault, { minLength: 1, maxLength: 6 }),
    titles: fc.array(fc.constantFrom('Ran', 'Ikiru'), { minLength: 1, maxLength: 13 }),
  });
  await fc.assert(
    fc.asyncProperty(scenario, async ({ faults, titles }) => {
      await world.clear();
      await world.mark(true);
      const edit = await propose(titles.map((Title) => ({ Title })));
      world.disturb(faults);
      await world.finish(edit);
      await world.deliver();
      expect((await carried()).sort()).toEqual(markersOf(edit, titles.length).sort());
      expect(await world.states(edit)).toEqual({ landed: titles.length });
      const landed = (await world.rows(edit)).map((row) => row.record_id);
      expect(landed.sort()).toEqual((await world.all()).sort());
    }),
    { seed: 20_261_121, numRuns: 12 },
  );
}, 240_000);

it('a record that another edit marked is not touched', async () => {
  const other = await propose();
  await world.finish(other);
  const before = await world.cells();
  world.disturb(['never', 'lost']);
  const edit = await propose();
  await world.finish(edit);
  await world.undo(edit);
  expect(await world.cells()).toEqual(before);
});

it('a new record that somebody changed before it was found is ours, and stays when the edit is undone', async () => {
  world.disturb(['lost']);
  const edit = await propose();
  await sendOnce(edit);
  const [first = ''] = await world.all();
  await world.change(first, { Notes: 'mine now' });
  await world.finish(edit);
  expect(await world.states(edit)).toEqual({ landed: 3 });
  await world.undo(edit);
  expect(await world.all()).toEqual([first]);
  expect(await world.states(edit)).toEqual({ undone: 2, undo_conflict: 1 });
});

it('a marker that somebody copied to another record is not taken for ours, nor is anything deleted for it', async () => {
  await world.films(1);
  const [foreign = ''] = await world.all();
  world.disturb(['lost']);
  const edit = await propose();
  await sendOnce(edit);
  await world.change(foreign, { [NAME]: markerOf(edit.editId, 1) });
  await world.finish(edit);
  expect(await world.states(edit)).toEqual({ landed: 2, unknown: 1 });
  expect((await creations()).find(({ reason }) => reason?.includes(foreign))).toBeDefined();
  await world.undo(edit);
  const left = await world.cells();
  expect(left.size).toBe(2);
  expect(left.get(foreign)).toMatchObject({ Title: 'Film 0' });
});

it('a copy that somebody made of a new record is left for a person to decide on', async () => {
  world.disturb(['lost']);
  const edit = await propose();
  await sendOnce(edit);
  const original = [...(await world.cells()).values()].find(({ Rating }) => Rating === 'PG') ?? {};
  await world.as('full', 'POST', films(), { fields: original });
  await world.finish(edit);
  expect(await world.states(edit)).toEqual({ landed: 2, unknown: 1 });
  expect(await world.all()).toHaveLength(4);
});

it('two requests that made a record twice at the same time leave one: the other is deleted, and the journal says so', async () => {
  world.disturb(['lost']);
  const edit = await propose();
  await sendOnce(edit);
  // As if the base had carried out two upserts at once: a second send is written down, and each record is there twice.
  for (const fields of (await world.cells()).values()) await world.as('full', 'POST', films(), { fields });
  await world.server.database.admin.query(
    `UPDATE edit_changes SET first_sent_at = first_sent_at - interval '1 second' WHERE edit_id = $1`,
    [edit.editId],
  );
  const before = await world.all();
  expect(before).toHaveLength(6);
  await world.finish(edit);
  expect((await carried()).sort()).toEqual(markersOf(edit).sort());
  const kept = (await world.rows(edit)).map((row) => row.record_id);
  expect(kept.sort()).toEqual((await world.all()).sort());
});

it('a creation that writes a text of its own into the marker field is created without a marker', async () => {
  const edit = await propose([{ Title: 'Ran', [NAME]: 'mine' }]);
  await world.finish(edit);
  expect(await carried()).toEqual(['mine']);
});

const choose = (fieldId: string) =>
  world.server.database.admin.query('UPDATE marker_fields SET field_id = $1', [fieldId]);

it.each([
  ['was deleted', () => 'fldGone0000000000', 'was deleted'],
  ['is of another type by now', () => world.server.field('Films', 'Gross'), 'no single line text'],
])(
  'a marker field that %s: nothing is sent, and the reason names it and says what to do',
  async (_what, id, told) => {
    const edit = await propose();
    await choose(id());
    world.seen();
    const refusal = { kind: 'Conflict', code: 'marker_field_gone' };
    await expect(world.finish(edit)).rejects.toMatchObject({
      ...refusal,
      message: expect.stringMatching(`${told}.*choose another field`) as unknown,
    });
    expect(world.seen().filter((call) => !call.startsWith('GET'))).toEqual([]);
    await world.undo(edit);
    expect(await world.all()).toEqual([]);
  },
);

it('a marker field that is deleted in the middle of an edit: the edit says so and is taken back as a whole', async () => {
  const edit = await propose(Array.from({ length: 20 }, () => ({ Title: 'Ran' })));
  world.disturb(['lost']);
  await world.applyAll(edit).catch(() => undefined);
  expect(await world.all()).toHaveLength(10);
  await choose('fldGone0000000000');
  await expect(world.finish(edit)).rejects.toMatchObject({ code: 'marker_field_gone' });
  await world.undo(edit);
  expect(await world.all()).toEqual([]);
  expect(await world.states(edit)).toEqual({ undone: 10, failed: 10 });
});

it('a deletion is taken back without a marker where the field is gone, and the journal says so', async () => {
  const [recordId = ''] = await world.films(1);
  const edit = await world.approved({ changes: [{ kind: 'delete', table: 'Films', recordId }] });
  await world.finish(edit);
  expect(await world.all()).toEqual([]);
  await choose('fldGone0000000000');
  await world.undo(edit);
  expect([...(await world.cells()).values()]).toMatchObject([{ Title: 'Film 0' }]);
  expect(await world.states(edit)).toEqual({ undone: 1 });
  const { rows } = await world.server.database.admin.query<{ marker_field: string | null }>(
    'SELECT marker_field FROM edit_changes WHERE edit_id = $1',
    [edit.editId],
  );
  expect(rows).toEqual([{ marker_field: null }]);
});

it('a field that is renamed is found under its new name', async () => {
  world.disturb(['lost']);
  const edit = await propose();
  await sendOnce(edit);
  const path = `/meta/bases/${world.ref.baseId}/tables/${world.server.table('Films')}/fields/${world.markerField}`;
  await world.as('full', 'PATCH', path, { name: 'Marker' });
  try {
    await world.finish(edit);
    expect((await world.rows(edit)).map((row) => row.evidence)).toEqual(['marker', 'marker', 'marker']);
    expect(await world.all()).toHaveLength(3);
  } finally {
    await world.as('full', 'PATCH', path, { name: NAME });
  }
});

it('the edit shows which tables have a marker field, and which evidence its changes had', async () => {
  world.disturb(['lost']);
  const edit = await propose();
  const { workspaceId, editId } = edit;
  const plan = { tableId: world.server.table('Films'), tableName: 'Films', witness: false };
  expect(await world.editViews.get(workspaceId, editId)).toMatchObject({
    evidence: {},
    evidencePlan: [{ ...plan, markerFieldId: world.markerField }],
  });
  await world.finish(edit);
  expect(await world.editViews.get(workspaceId, editId)).toMatchObject({ evidence: { marker: 3 } });
  const changes = await world.editViews.listChanges(workspaceId, editId, { after: -1, limit: 10 });
  expect(changes.map(({ evidence }) => evidence)).toEqual(['marker', 'marker', 'marker']);
  await world.mark(false);
  expect(await world.editViews.get(workspaceId, editId)).toMatchObject({
    evidencePlan: [{ ...plan, markerFieldId: null }],
  });
});
