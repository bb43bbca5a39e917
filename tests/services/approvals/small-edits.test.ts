import { changes, createApprovalWorld, session, type ApprovalWorld } from './approval-world';
import { newId } from '../../../services/ids';
import { insertEdit } from '../../../services/edits/edit-rows';
import { LIVE } from '../edits/edit-world';

let world: ApprovalWorld;
let editor: string;
let value = 0;
const RULE = { autoApprove: { maxRecords: 2, kinds: ['update'] } };

beforeAll(async () => {
  world = await createApprovalWorld();
  editor = (await world.join('editor')).userId;
  await world.approvals.consent(world.workspaceId, world.connectionId, 'usr_test');
}, 60_000);
afterAll(() => world.close());
beforeEach(() => world.rules(RULE));

const propose = (count = 1) => world.propose(editor, changes(world.films.slice(0, count), ++value));
const operations = async (editId: string) => {
  const sql = 'SELECT id, name, actor, status, workflow_id FROM operations WHERE edit_id = $1';
  const { admin } = world.edit.server.database;
  return (await admin.query<{ id: string; workflow_id: string }>(sql, [editId])).rows;
};

it('a small edit is approved by the rule, named in the trail, and one operation waits to be started', async () => {
  const { editId, hash } = await propose(2);
  expect(await world.state(editId)).toMatchObject({ edit: 'approved', approval: 'approved' });
  const staged = await operations(editId);
  expect(staged).toEqual([
    expect.objectContaining({ name: 'applyEdit', actor: 'system', status: 'starting' }),
  ]);
  expect(staged[0]?.workflow_id).toMatch(new RegExp(`^applyEdit/${world.workspaceId}/[0-9a-f]{32}$`));
  expect(await world.audit(editId)).toEqual([
    {
      action: 'edit.approved',
      actor: 'system',
      details: expect.objectContaining({ via: 'rule', rule: 'autoApprove', maxRecords: 2, hash }) as unknown,
    },
  ]);
  const refs = { workspaceId: world.workspaceId, editId, operationId: staged[0]?.id ?? '' };
  expect(await world.edit.applyAll(refs)).toMatchObject({ state: 'done' });
  await world.edit.edits.conclude(refs, false, null);

  const revertId = newId('edit');
  await world.edit.server.database.db.tenant(world.workspaceId, (tx) =>
    insertEdit(tx, {
      id: revertId,
      workspaceId: world.workspaceId,
      kind: 'revert',
      connectionId: world.connectionId,
      baseId: world.edit.server.base.id,
      request: {},
      note: null,
      planner: null,
      proposedBy: editor,
      chatId: null,
      revertOf: editId,
      operationId: null,
    }),
  );
  await world.edit.edits.plan({ workspaceId: world.workspaceId, editId: revertId }, LIVE);
  // What was let happen is not taken back without a person.
  expect(await world.state(revertId)).toMatchObject({ edit: 'proposed', approval: 'open' });
});

it.each([
  ['has more records', {}, () => propose(3)],
  [
    'has another kind of change',
    {},
    () => world.propose(editor, { changes: [{ kind: 'create', table: 'Films', cells: { Title: 'New' } }] }),
  ],
  [
    'makes an option besides',
    {},
    () =>
      world.propose(editor, {
        changes: [{ kind: 'update', table: 'Films', recordId: world.films[3], cells: { Rating: 'X' } }],
      }),
  ],
  ['needs two persons', { twoPersons: { aboveRecords: 0 } }, () => propose()],
  ['comes while the rule is off', { autoApprove: null }, () => propose()],
])('an edit that %s waits for a person', async (_, over, make) => {
  await world.rules({ ...RULE, ...over });
  const { editId } = await make();
  expect(await world.state(editId)).toMatchObject({ edit: 'proposed', approval: 'open' });
  expect(await operations(editId)).toEqual([]);
});

it.each([
  ['is read-only', 'UPDATE connections SET writable = false', 'UPDATE connections SET writable = true'],
  ['nobody consented to', 'DELETE FROM connection_consents', 'SELECT 1'],
  [
    'has too few calls left this month to undo it',
    'UPDATE connections SET monthly_calls = 1',
    'UPDATE connections SET monthly_calls = NULL',
  ],
])('an edit through a connection that %s waits for a person', async (_, before, after) => {
  const { admin } = world.edit.server.database;
  await admin.query(before);
  const { editId } = await propose();
  await admin.query(after);
  await world.approvals.consent(world.workspaceId, world.connectionId, 'usr_test');
  expect(await world.state(editId)).toMatchObject({ edit: 'proposed' });
});

it('what the rule approved does not begin once the rule is off or its proposer is gone', async () => {
  const first = await propose();
  const refsOf = async (editId: string) => ({
    workspaceId: world.workspaceId,
    editId,
    operationId: (await operations(editId))[0]?.id ?? '',
  });
  await world.rules({});
  await expect(world.edit.applyAll(await refsOf(first.editId))).rejects.toMatchObject({
    code: 'approval_withdrawn',
  });
  await world.rules(RULE);
  const leaving = await world.join('editor');
  const second = await world.propose(leaving.userId, changes(world.films.slice(0, 1), ++value));
  await world.edit.server.database.admin.query('DELETE FROM memberships WHERE user_id = $1', [
    leaving.userId,
  ]);
  await expect(world.edit.applyAll(await refsOf(second.editId))).rejects.toMatchObject({
    code: 'approval_withdrawn',
  });
});

it('what the rule approved is nobody’s to decide any more', async () => {
  const edit = await propose();
  await expect(world.reject(session('usr_test'), edit)).rejects.toMatchObject({ code: 'edit_approved' });
});

describe('a large change cut into small ones', () => {
  const byNow = async (person: string, rule: object, edits: number, records = 1): Promise<string[]> => {
    await world.rules({ ...RULE, ...rule });
    const made = await Promise.all(
      Array.from({ length: edits }, () =>
        world.propose(person, changes(world.films.slice(0, records), ++value)),
      ),
    );
    const states = await Promise.all(made.map(({ editId }) => world.state(editId)));
    return states.map(({ edit }) => edit).sort();
  };
  const someone = async () => (await world.join('editor')).userId;
  const perDay = (n: number) => ({ autoApprove: { ...RULE.autoApprove, maxRecordsPerDay: n } });

  it('goes by itself only up to the records of a day, however many edits come at once', async () => {
    const ends = await byNow(await someone(), perDay(3), 5);
    expect(ends).toEqual([...Array<string>(3).fill('approved'), 'proposed', 'proposed']);
  });

  it('has ten times the records of one edit where the rule names no number', async () => {
    const person = await someone();
    const rule = { autoApprove: { maxRecords: 1, kinds: ['update'] } };
    expect((await byNow(person, rule, 11)).filter((state) => state === 'approved')).toHaveLength(10);
  });

  it('is no way around two persons: what a person had approved counts together', async () => {
    const person = await someone();
    const rule = { ...perDay(100), twoPersons: { aboveRecords: 2 } };
    expect(await byNow(person, rule, 3)).toEqual(['approved', 'approved', 'proposed']);
  });

  it('is counted by person, and for a day', async () => {
    const person = await someone();
    expect(await byNow(person, perDay(1), 1)).toEqual(['approved']);
    expect(await byNow(await someone(), perDay(1), 1)).toEqual(['approved']);
    expect(await byNow(person, perDay(1), 1)).toEqual(['proposed']);
    await world.edit.server.database.admin.query(
      `UPDATE approvals SET decided_at = decided_at - interval '25 hours' WHERE proposed_by = $1`,
      [person],
    );
    expect(await byNow(person, perDay(1), 1)).toEqual(['approved']);
  });
});

it.each([
  ['fewer records', { autoApprove: { maxRecords: 1, kinds: ['update'] } }],
  ['other kinds of changes', { autoApprove: { maxRecords: 2, kinds: ['create'] } }],
  ['two persons', { twoPersons: { aboveRecords: 1 } }],
])('what the rule approved does not begin once the rules ask for %s', async (_, over) => {
  const { editId } = await world.propose(
    (await world.join('editor')).userId,
    changes(world.films.slice(0, 2), ++value),
  );
  const refs = {
    workspaceId: world.workspaceId,
    editId,
    operationId: (await operations(editId))[0]?.id ?? '',
  };
  await world.rules({ ...RULE, ...over });
  await expect(world.edit.applyAll(refs)).rejects.toMatchObject({ code: 'approval_withdrawn' });
});
