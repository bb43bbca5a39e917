import { createEditViews } from '../../../services/edits/views';
import { changes, createApprovalWorld, session, type ApprovalWorld } from './approval-world';

let world: ApprovalWorld;
let owner: string;
let approver: string;
let editor: string;
let value = 0;

beforeAll(async () => {
  world = await createApprovalWorld();
  const ids = await Promise.all((['owner', 'approver', 'editor'] as const).map((role) => world.join(role)));
  [owner, approver, editor] = ids.map((user) => user.userId) as [string, string, string];
}, 60_000);
afterAll(() => world.close());
beforeEach(async () => {
  await world.rules({});
  await sql(`UPDATE approvals SET state = 'expired' WHERE state = 'open'`);
});

const sql = (text: string, values: unknown[] = []) => world.edit.server.database.admin.query(text, values);
const propose = (by = editor, count = 1) => world.propose(by, changes(world.films.slice(0, count), ++value));
const view = (editId: string) =>
  createEditViews(world.edit.server.database.db).get(world.workspaceId, editId);
const later = (editId: string, hours: number) =>
  sql(
    `UPDATE approvals SET remind_at = remind_at - make_interval(hours => $2), expires_at = expires_at - make_interval(hours => $2)
     WHERE edit_id = $1`,
    [editId, hours],
  );
const pending = async (userId: string, role: 'owner' | 'approver' | 'editor', limit = 50, after?: string) =>
  (await world.approvals.pending(world.workspaceId, { ...session(userId), role }, { limit, after })).map(
    (a) => a.editId,
  );

it('marks what nobody decided on in time, once, whoever looks', async () => {
  const [late, open] = [await propose(), await propose()];
  await later(late.editId, 73);
  const marked = await Promise.all([1, 2, 3].map(() => world.approvals.expire()));
  expect(marked.reduce((sum, n) => sum + n)).toBe(1);
  expect(await world.state(late.editId)).toMatchObject({ edit: 'expired', approval: 'expired' });
  expect(await world.state(open.editId)).toMatchObject({ edit: 'proposed', approval: 'open' });
  expect((await world.audit(late.editId)).map((row) => row.action)).toEqual(['edit.expired']);
  await expect(world.approve(session(owner), late)).rejects.toMatchObject({ code: 'edit_expired' });
});

it('shows as expired what ran out, before it is marked', async () => {
  const edit = await propose();
  await later(edit.editId, 73);
  expect((await view(edit.editId)).approval).toMatchObject({ state: 'expired', missing: 0 });
});

it('reminds those who may approve and have not, again after the same time, and shows when', async () => {
  await world.rules({ twoPersons: { aboveRecords: 1 }, approvers: { roles: ['owner', 'approver'] } });
  const edit = await propose(editor, 2);
  await world.approve(session(owner), edit);
  expect(await world.approvals.remind()).toBe(0);
  for (let round = 1; round <= 2; round++) {
    await later(edit.editId, 24);
    const reminded = await Promise.all([1, 2].map(() => world.approvals.remind()));
    expect(reminded.reduce((sum, n) => sum + n)).toBe(1);
    const told = (await world.audit(edit.editId)).filter((row) => row.action === 'edit.approval_reminded');
    expect(told).toHaveLength(round);
    const { users } = told.at(-1)?.details as { users: string[] };
    expect(users).toContain(approver);
    expect(users).not.toContain(owner);
    expect(users).not.toContain(editor);
  }
  expect((await view(edit.editId)).approval?.remindedAt).not.toBeNull();
});

it('reminds nobody where the rules say never, nor of what was decided', async () => {
  const decided = await propose();
  await world.reject(session(owner), decided);
  await later(decided.editId, 24);
  await world.rules({ remindAfterHours: null });
  await propose();
  expect(await world.approvals.remind()).toBe(0);
});

it('shows who has said what, and how many are missing', async () => {
  await world.rules({ twoPersons: { aboveRecords: 1 } });
  const edit = await propose(editor, 2);
  const token = await world.token(owner, ['edits:approve']);
  await world.approve(token, edit, { only: [1] });
  expect((await view(edit.editId)).approval).toEqual({
    state: 'open',
    personsNeeded: 2,
    missing: 1,
    decisions: [
      {
        by: owner,
        via: 'token',
        tokenId: token.credentialId,
        verdict: 'approved',
        reason: null,
        at: expect.any(String) as string,
      },
    ],
    terms: { conflicts: 'skip', only: [1] },
    reason: null,
    remindedAt: null,
    sideEffects: 'acknowledged',
  });
  await world.reject(session(approver), edit, 'Too many');
  expect((await view(edit.editId)).approval).toMatchObject({
    state: 'rejected',
    missing: 0,
    reason: 'Too many',
  });
});

it('lists what waits for somebody, the oldest first, page by page', async () => {
  const edits: string[] = [];
  for (let i = 0; i < 3; i++) edits.push((await propose()).editId);
  expect(await pending(owner, 'owner')).toEqual(edits);
  expect(await pending(owner, 'owner', 2)).toEqual(edits.slice(0, 2));
  expect(await pending(owner, 'owner', 2, edits[1])).toEqual(edits.slice(2));
  expect(await pending(editor, 'editor')).toEqual([]);
  const elsewhere = world.approvals.pending(
    world.edit.server.otherWorkspaceId,
    { ...session(owner), role: 'owner' },
    { limit: 50, after: undefined },
  );
  expect(await elsewhere).toEqual([]);
});

it('lists nothing that one may not approve, or has', async () => {
  await world.rules({ proposerMayApprove: false, twoPersons: { aboveRecords: 1 } });
  const own = await propose(owner);
  const large = await propose(editor, 2);
  expect(await pending(owner, 'owner')).toEqual([large.editId]);
  await world.approve(session(owner), large);
  expect(await pending(owner, 'owner')).toEqual([]);
  expect(await pending(approver, 'approver')).toEqual([own.editId, large.editId]);
  const token = await world.token(owner, ['workspaces:read']);
  const page = { limit: 50, after: undefined };
  expect(await world.approvals.pending(world.workspaceId, { ...token, role: 'owner' }, page)).toEqual([]);
});
