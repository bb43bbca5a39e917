import { newId } from '../../../services/ids';
import { acquireLease, releaseLease } from '../../../services/edits/leases';
import { LIVE, type EditRefs } from '../edits/edit-world';
import { changes, createApprovalWorld, session, type ApprovalWorld } from './approval-world';

let world: ApprovalWorld;
let owner: { userId: string; email: string };
let editor: string;
let value = 0;

beforeAll(async () => {
  world = await createApprovalWorld();
  owner = await world.join('owner');
  editor = (await world.join('editor')).userId;
}, 60_000);
afterAll(() => world.close());
beforeEach(async () => {
  await world.rules({});
  world.edit.seen();
});

const sql = (text: string, values: unknown[]) => world.edit.server.database.admin.query(text, values);

async function approved(input: unknown, who = session(owner.userId)): Promise<EditRefs> {
  const { started } = await world.approve(who, await world.propose(editor, input));
  if (!started) throw new Error('the approval started nothing');
  world.edit.seen();
  return started;
}

/** The first chunk is refused, nothing is written, and the undo that follows leaves the edit as one that was taken back. */
async function expectStopped(refs: EditRefs, code: string, reason: RegExp): Promise<void> {
  const films = await world.edit.cells();
  await expect(world.edit.applyAll(refs)).rejects.toMatchObject({
    kind: 'Conflict',
    code,
    message: expect.stringMatching(reason) as string,
  });
  expect(world.edit.seen().filter((call) => !call.startsWith('GET'))).toEqual([]);
  expect(await world.edit.undoAll(refs)).toMatchObject({ state: 'done' });
  await world.edit.edits.conclude(refs, true, null);
  expect(await world.edit.cells()).toEqual(films);
  const state = await world.state(refs.editId);
  expect(state).toMatchObject({ edit: 'rolled_back', error: expect.stringMatching(reason) as string });
}

describe('an approval at the time of the first write', () => {
  it('lets its own operation begin, once it is checked', async () => {
    const refs = await approved(changes(world.films.slice(0, 2), ++value));
    expect(await world.edit.applyAll(refs)).toMatchObject({ state: 'done' });
    expect(await world.edit.states(refs)).toEqual({ landed: 2 });
  });

  it('is no good for another operation', async () => {
    const refs = await approved(changes(world.films.slice(0, 1), ++value));
    const other = { ...refs, operationId: newId('operation') };
    await expect(world.edit.applyAll(other)).rejects.toMatchObject({ code: 'not_approved' });
    expect(await world.edit.states(refs)).toEqual({ pending: 1 });
    expect(await world.edit.applyAll(refs)).toMatchObject({ state: 'done' });
  });

  it.each(['edits', 'approvals'])('is no good once its row in %s names another change set', async (table) => {
    const refs = await approved(changes(world.films.slice(0, 1), ++value));
    await sql(`UPDATE ${table} SET hash = $2 WHERE ${table === 'edits' ? 'id' : 'edit_id'} = $1`, [
      refs.editId,
      'f'.repeat(64),
    ]);
    await expect(world.edit.applyAll(refs)).rejects.toMatchObject({ code: 'not_approved' });
  });

  it('has lapsed when who approved is no member any more', async () => {
    const admin = await world.join('admin');
    const refs = await approved(changes(world.films.slice(0, 1), ++value), session(admin.userId));
    await sql('DELETE FROM memberships WHERE user_id = $1', [admin.userId]);
    await expectStopped(refs, 'approval_withdrawn', /may not approve edits any more/);
  });

  it('has lapsed when one of two who approved became somebody who may not', async () => {
    await world.rules({ twoPersons: { aboveRecords: 1 } });
    const admin = await world.join('admin');
    const edit = await world.propose(editor, changes(world.films.slice(0, 2), ++value));
    await world.approve(session(admin.userId), edit);
    const { started } = await world.approve(session(owner.userId), edit);
    await sql(`UPDATE memberships SET role = 'viewer' WHERE user_id = $1`, [admin.userId]);
    if (!started) throw new Error('the approval started nothing');
    await expectStopped(started, 'approval_withdrawn', /may not approve edits any more/);
  });

  it('has lapsed when the token that gave it was revoked, and not when it ran out', async () => {
    const token = await world.token(owner.userId, ['edits:approve']);
    const first = await approved(changes(world.films.slice(0, 1), ++value), token);
    await sql(`UPDATE personal_tokens SET expires_at = now() - interval '1 s' WHERE id = $1`, [
      token.credentialId,
    ]);
    expect(await world.edit.applyAll(first)).toMatchObject({ state: 'done' });
    const second = await approved(changes(world.films.slice(0, 1), ++value), token);
    await sql('DELETE FROM personal_tokens WHERE id = $1', [token.credentialId]);
    await expectStopped(second, 'approval_withdrawn', /token that approved it was revoked/);
  });

  it('waits where the base asks to, and goes on then', async () => {
    const refs = await approved(changes(world.films.slice(0, 1), ++value));
    world.edit.onRequest = async (_, path) =>
      path.includes('/meta/')
        ? { status: 429, body: { errors: [{ error: 'RATE_LIMIT_REACHED' }] } }
        : undefined;
    expect(await world.edit.edits.applyChunk(refs, LIVE)).toMatchObject({ state: 'wait' });
    world.edit.forget();
    expect(await world.edit.applyAll(refs)).toMatchObject({ state: 'done' });
  });
});

describe('the schema at the time of the first write', () => {
  const films = () => world.edit.server.table('Films');
  const meta = async (method: string, path: string, body: unknown) => {
    const { status } = await world.edit.server.call(
      method,
      `/meta/bases/${world.edit.server.base.id}/tables/${path}`,
      body,
    );
    if (status !== 200) throw new Error(`${method} ${path} was answered with ${status}`);
  };
  /** The base as the edit sees it from now on. */
  const alter = (change: (fields: Record<string, unknown>[]) => Record<string, unknown>[]) => {
    world.edit.onRequest = async (method, path) => {
      if (method !== 'GET' || !path.includes('/meta/bases/')) return undefined;
      const { body } = await world.edit.server.call('GET', path.replace('/v0', ''));
      const { tables } = body as { tables: { id: string; fields: Record<string, unknown>[] }[] };
      return {
        status: 200,
        body: { tables: tables.map((t) => (t.id === films() ? { ...t, fields: change(t.fields) } : t)) },
      };
    };
  };
  afterEach(() => world.edit.forget());
  const gross = () => changes(world.films.slice(0, 1), ++value);

  it('may hold other names for the same table and field', async () => {
    const refs = await approved(gross());
    await meta('PATCH', films(), { name: 'Movies' });
    await meta('PATCH', `${films()}/fields/${world.edit.server.field('Films', 'Gross')}`, {
      name: 'Takings',
    });
    expect(await world.edit.applyAll(refs)).toMatchObject({ state: 'done' });
    await meta('PATCH', films(), { name: 'Films' });
    await meta('PATCH', `${films()}/fields/${world.edit.server.field('Films', 'Gross')}`, { name: 'Gross' });
  });

  it('may have changed where the edit writes nothing', async () => {
    const refs = await approved(gross());
    alter((fields) =>
      fields
        .filter((f) => f['name'] !== 'Site')
        .map((f) => (f['name'] === 'Seen' ? { ...f, type: 'number' } : f)),
    );
    expect(await world.edit.applyAll(refs)).toMatchObject({ state: 'done' });
  });

  it('stops the edit where a field was deleted', async () => {
    const refs = await approved(gross());
    alter((fields) => fields.filter((f) => f['name'] !== 'Gross'));
    await expectStopped(refs, 'schema_changed', /the field “Gross” of “Films” was deleted/);
  });

  it('stops the edit where a field has another type', async () => {
    const refs = await approved(gross());
    alter((fields) =>
      fields.map((f) => (f['name'] === 'Gross' ? { ...f, type: 'singleLineText', options: undefined } : f)),
    );
    await expectStopped(refs, 'schema_changed', /the field “Gross” of “Films” is of another type/);
  });

  const rated = (recordId: string | undefined, name: string) => ({
    changes: [{ kind: 'update', table: 'Films', recordId, cells: { Rating: name } }],
  });
  const without = (name: string) => (fields: Record<string, unknown>[]) =>
    fields.map((f) => {
      if (f['name'] !== 'Rating') return f;
      const { choices } = f['options'] as { choices: { name: string }[] };
      return { ...f, options: { choices: choices.filter((choice) => choice.name !== name) } };
    });

  it('stops the edit where an option that it sets was removed', async () => {
    const refs = await approved(rated(world.films[0], 'PG'));
    alter(without('PG'));
    await expectStopped(refs, 'schema_changed', /“Rating” of “Films” has no option “PG” any more/);
  });

  it('may lack an option that the edit does not set, or makes itself', async () => {
    const refs = await approved(rated(world.films[0], 'PG'));
    alter(without('R'));
    expect(await world.edit.applyAll(refs)).toMatchObject({ state: 'done' });
    world.edit.forget();
    const own = await approved(rated(world.films[1], 'Unrated'));
    expect(await world.edit.applyAll(own)).toMatchObject({ state: 'done' });
  });

  it('stops a deletion where a field came, whose values an undo would not bring back', async () => {
    const refs = await approved({ changes: [{ kind: 'delete', table: 'Films', recordId: world.films[10] }] });
    alter((fields) => [...fields, { id: 'fldAAAAAAAAAAAAAA', name: 'Budget', type: 'number' }]);
    await expectStopped(refs, 'schema_changed', /the field “Budget” came to “Films”/);
  });

  it('is looked at when the base is free for the edit, however long it waited for that', async () => {
    const refs = await approved(gross());
    const { db } = world.edit.server.database;
    const lease = await acquireLease(db, world.workspaceId, world.edit.server.base.id, newId('edit'));
    expect(await world.edit.edits.applyChunk(refs, LIVE)).toMatchObject({ state: 'wait' });
    alter((fields) => fields.filter((f) => f['name'] !== 'Gross'));
    if (lease) await releaseLease(db, lease);
    await expectStopped(refs, 'schema_changed', /the field “Gross” of “Films” was deleted/);
  });

  it('is looked at before the first write only', async () => {
    const refs = await approved(changes(world.films.slice(0, 2), ++value));
    await sql(`UPDATE edits SET state = 'applying' WHERE id = $1`, [refs.editId]);
    alter((fields) => fields.filter((f) => f['name'] !== 'Gross'));
    world.edit.seen();
    expect(await world.edit.applyAll(refs)).toMatchObject({ state: 'done' });
    expect(world.edit.seen()).not.toContain('GET meta');
  });
});
