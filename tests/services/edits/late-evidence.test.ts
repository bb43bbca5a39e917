import { newId } from '../../../services/ids';
import { pollUntil } from '../../support/poll';
import { createCreationWorld, type CreationWorld } from './creation-world';
import type { EditRefs } from './edit-world';

let world: CreationWorld;
beforeAll(async () => {
  world = await createCreationWorld();
}, 60_000);
afterAll(() => world.close());
beforeEach(() => world.clear());

const RAN = { Title: 'Ran', Gross: 5 };
const IKIRU = { Title: 'Ikiru' };
const films = () => `/${world.ref.baseId}/${world.server.table('Films')}`;
const sql = (text: string, values: unknown[] = []) => world.server.database.admin.query(text, values);
const creating = (cells: readonly object[]) =>
  world.approved({ changes: cells.map((c) => ({ kind: 'create', table: 'Films', cells: c })) });
const add = (fields: object) => world.as('full', 'POST', films(), { fields }) as Promise<{ id: string }>;
const lateOf = async ({ editId }: EditRefs) =>
  (await sql('SELECT state FROM late_records WHERE edit_id = $1', [editId])).rows.map(
    (row: { state: string }) => row.state,
  );

/** Sends the creations once, without an answer, and takes the edit back; nothing of them is there yet. */
async function givenUp(cells: readonly object[], faults: readonly ('later' | 'never')[]): Promise<EditRefs> {
  const edit = await creating(cells);
  world.disturb(faults);
  await world.applyAll(edit).catch(() => undefined);
  await world.undo(edit);
  expect(await world.states(edit)).toEqual({ undone: cells.length });
  return edit;
}
/** The last sweep, after the window. */
async function settle(edit: EditRefs, compensated = true): Promise<void> {
  await sql(`UPDATE lost_requests SET lost_at = clock_timestamp() - interval '1 hour' WHERE edit_id = $1`, [
    edit.editId,
  ]);
  await pollUntil('the end of the window', async () => {
    const { state } = await world.sweep(edit, compensated);
    if (state === 'walk') await world.undo(edit);
    return state === 'done';
  });
  await world.conclude(edit, compensated);
}

describe('records that a sweep knows by reading back only', () => {
  it('are taken back where they are all that the request carried', async () => {
    const edit = await givenUp([RAN, IKIRU], ['later']);
    await world.deliver();
    await settle(edit);
    expect(await world.all()).toEqual([]);
    expect(await lateOf(edit)).toEqual(['undone', 'undone']);
    expect(await world.editState(edit)).toBe('rolled_back');
  });

  it('are left for a person where only a part of the request is there', async () => {
    const edit = await givenUp([RAN, IKIRU], ['never']);
    await add(RAN);
    await settle(edit);
    expect(await world.all()).toHaveLength(1);
    expect(await lateOf(edit)).toEqual(['unclear']);
    expect(await world.editState(edit)).toBe('needs_review');
  });

  it('are left for a person where there are more of them than requests that can have made them', async () => {
    const edit = await givenUp([RAN], ['later']);
    await world.deliver();
    await add(RAN);
    await settle(edit);
    expect(await world.all()).toHaveLength(2);
    expect(await world.editState(edit)).toBe('needs_review');
  });

  it('are left for a person where all that the request carried was found before: it lands once', async () => {
    const edit = await givenUp([RAN], ['later']);
    await world.deliver();
    await sql(`UPDATE lost_requests SET lost_at = clock_timestamp() + interval '1 hour' WHERE edit_id = $1`, [
      edit.editId,
    ]);
    await world.sweep(edit, true);
    expect(await world.all()).toEqual([]);
    const { id } = await add(RAN);
    await settle(edit);
    expect(await world.all()).toEqual([id]);
    expect(await world.editState(edit)).toBe('needs_review');
  });

  it('are left for a person where the request, which made a new option too, was found before', async () => {
    const rated = { ...RAN, Rating: 'Never seen before' };
    const edit = await creating([rated]);
    world.disturb(['later']);
    await world.applyAll(edit).catch(() => undefined);
    await world.undo(edit);
    await world.deliver();
    await sql(`UPDATE lost_requests SET lost_at = clock_timestamp() + interval '1 hour' WHERE edit_id = $1`, [
      edit.editId,
    ]);
    await world.sweep(edit, true);
    expect(await world.all()).toEqual([]);
    const { id } = await add(rated);
    await settle(edit);
    expect(await world.all()).toEqual([id]);
    expect(await world.editState(edit)).toBe('needs_review');
  });

  it('are not ours where the lost request of an undo was found: what somebody copies then is theirs', async () => {
    const [recordId = ''] = await world.films(1);
    const fields = (await world.as('full', 'GET', `${films()}/${recordId}`)) as { fields: object };
    const edit = await world.approved({ changes: [{ kind: 'delete', table: 'Films', recordId }] });
    await world.finish(edit);
    world.disturb(['lost']);
    await world.undo(edit);
    expect(await world.states(edit)).toEqual({ undone: 1 });
    const { id } = await add(fields.fields);
    await settle(edit);
    expect(await world.all()).toHaveLength(2);
    expect(await world.all()).toContain(id);
    expect(await world.editState(edit)).toBe('rolled_back');
  });

  it('are all taken back where the same creation was sent twice, and both requests landed late', async () => {
    const edit = await creating([RAN]);
    world.disturb(['later', 'later']);
    await world.applyAll(edit).catch(() => undefined);
    await pollUntil('it was sent twice', async () => {
      await world.applyAll(edit).catch(() => undefined);
      const { rows } = await sql('SELECT 1 FROM edit_changes WHERE edit_id = $1 AND attempts = 2', [
        edit.editId,
      ]);
      return rows.length === 1;
    });
    await world.undo(edit);
    await world.deliver();
    expect(await world.all()).toHaveLength(2);
    await settle(edit);
    expect(await world.all()).toEqual([]);
    expect(await world.editState(edit)).toBe('rolled_back');
  });

  it('are told apart from those of another late request of the same edit', async () => {
    const edit = await creating(Array.from({ length: 11 }, () => RAN));
    world.disturb(['later', 'ok', 'later']);
    await world.finish(edit);
    await world.undo(edit);
    expect(await world.all()).toEqual([]);
    await world.deliver();
    expect(await world.all()).toHaveLength(11);
    await settle(edit);
    expect(await world.all()).toEqual([]);
    expect(await world.editState(edit)).toBe('rolled_back');
  });

  it('are left for a person where a creation of another edit may have made them', async () => {
    const edit = await givenUp([RAN], ['never']);
    const other = await creating([RAN]);
    world.disturb(['never']);
    await world.applyAll(other).catch(() => undefined);
    await add(RAN);
    await settle(edit);
    expect(await world.all()).toHaveLength(1);
    expect(await lateOf(edit)).toEqual(['unclear']);
  });

  it('are left for a person where they are a little older than the request', async () => {
    const edit = await givenUp([RAN], ['never']);
    await add(RAN);
    await sql(`UPDATE engine_records SET created_time = created_time - interval '20 seconds'`);
    await settle(edit);
    expect(await world.all()).toHaveLength(1);
    expect(await lateOf(edit)).toEqual(['unclear']);
  });

  it('are not ours where another workspace found them late for its own', async () => {
    const edit = await givenUp([RAN], ['never']);
    const { id } = await add(RAN);
    const other = newId('edit');
    const { otherWorkspaceId } = world.server;
    await sql(
      `INSERT INTO edits (workspace_id, id, connection_id, base_id, state, proposed_by) VALUES ($1, $2, 'con', $3, 'needs_review', 'usr')`,
      [otherWorkspaceId, other, world.ref.baseId],
    );
    await sql(
      `INSERT INTO late_records (workspace_id, edit_id, record_id, ordinal, table_id, cells, state) VALUES ($1, $2, $3, 0, $4, '{}', 'changed')`,
      [otherWorkspaceId, other, id, world.server.table('Films')],
    );
    await settle(edit);
    expect(await world.all()).toEqual([id]);
    expect(await world.editState(edit)).toBe('rolled_back');
  });
});

describe('a creation whose request is sent again', () => {
  it('is told apart from a late landing of the first one', async () => {
    const edit = await creating([RAN]);
    world.disturb(['later', 'later']);
    await world.applyAll(edit).catch(() => undefined);
    await pollUntil('it was sent twice', async () => {
      await world.applyAll(edit).catch(() => undefined);
      const { rows } = await sql('SELECT 1 FROM edit_changes WHERE edit_id = $1 AND attempts = 2', [
        edit.editId,
      ]);
      return rows.length === 1;
    });
    await world.deliver();
    await world.finish(edit);
    expect(await world.states(edit)).toEqual({ landed: 1 });
    await settle(edit, false);
    expect(await world.all()).toHaveLength(1);
    expect(await world.editState(edit)).toBe('applied');
  });
});

it('a sweep that is repeated after it was killed on its way says again that changes are to be taken back', async () => {
  const [recordId = ''] = await world.films(1);
  const edit = await world.approved({
    changes: [{ kind: 'update', table: 'Films', recordId, cells: { Gross: 1 } }],
  });
  world.onRequest = async (method) =>
    method === 'PATCH'
      ? { status: 503, body: { error: { type: 'RETRIABLE_ERROR', message: 'later' } } }
      : undefined;
  await world.applyAll(edit).catch(() => undefined);
  world.onRequest = async () => undefined;
  await world.undo(edit);
  await world.change(recordId, { Gross: 1 });
  expect(await world.sweep(edit, true)).toMatchObject({ state: 'walk' });
  expect(await world.sweep(edit, true)).toMatchObject({ state: 'walk' });
  await world.undo(edit);
  await settle(edit);
  expect((await world.cells()).get(recordId)).toMatchObject({ Gross: 10_000 });
  expect(await world.editState(edit)).toBe('rolled_back');
});

it('an undo whose deletion lands without an answer, and is refused when it is repeated, comes to its end', async () => {
  const edit = await creating([RAN, IKIRU]);
  await world.finish(edit);
  let deletions = 0;
  world.onRequest = async (method, path) => {
    if (method !== 'DELETE' || ++deletions > 1) return undefined;
    await world.server.call('DELETE', path.replace('/v0', ''));
    return { status: 503, body: { error: { type: 'RETRIABLE_ERROR', message: 'later' } } };
  };
  await pollUntil('the end of the undo', async () => {
    try {
      return (await world.undoAll(edit)).state === 'done';
    } catch (error) {
      expect(error).toMatchObject({ retryable: true });
      return false;
    }
  });
  expect(await world.all()).toEqual([]);
  expect(await world.states(edit)).toEqual({ undone: 2 });
});
