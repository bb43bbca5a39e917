import { changes, createApprovalWorld, session, type ApprovalWorld } from './approval-world';

let world: ApprovalWorld;
let owner: string;
let admin: string;
let editor: string;
let value = 0;

beforeAll(async () => {
  world = await createApprovalWorld();
  const ids = await Promise.all((['owner', 'admin', 'editor'] as const).map((role) => world.join(role)));
  [owner, admin, editor] = ids.map((user) => user.userId) as [string, string, string];
}, 60_000);
afterAll(async () => {
  await world.close();
});
beforeEach(() => world.rules({}));

const propose = (by = editor, count = 1) => world.propose(by, changes(world.films.slice(0, count), ++value));
const mayDecide = (who: Parameters<typeof world.approvals.assertMayDecide>[2], editId: string) =>
  world.approvals.assertMayDecide(world.workspaceId, editId, who);
const REFUSED = { kind: 'Forbidden', code: 'not_an_approver' };
const OWN = { kind: 'Forbidden', code: 'own_proposal' };

it('what becomes of an approved edit is said by those who may approve it, whoever did', async () => {
  const edit = await propose();
  await world.approve(session(owner), edit);
  await expect(mayDecide(session(admin), edit.editId)).resolves.toBeUndefined();
  await expect(mayDecide(session(editor), edit.editId)).rejects.toMatchObject(REFUSED);
  await world.rules({ approvers: { roles: ['owner'] } });
  await expect(mayDecide(session(admin), edit.editId)).rejects.toMatchObject(REFUSED);
});

it('not by somebody who left since, nor for an edit of another workspace', async () => {
  const leaving = await world.join('admin');
  const edit = await propose();
  await world.approve(session(leaving.userId), edit);
  await world.edit.server.database.admin.query('DELETE FROM memberships WHERE user_id = $1', [
    leaving.userId,
  ]);
  await expect(mayDecide(session(leaving.userId), edit.editId)).rejects.toMatchObject(REFUSED);
  const elsewhere = world.approvals.assertMayDecide(
    world.edit.server.otherWorkspaceId,
    edit.editId,
    session(owner),
  );
  await expect(elsewhere).rejects.toMatchObject({ kind: 'NotFound' });
});

it('of one’s own edit at the page, or with a token that was granted just that', async () => {
  const edit = await propose(owner);
  await world.approve(session(admin), edit);
  await expect(mayDecide(session(owner), edit.editId)).resolves.toBeUndefined();
  await expect(mayDecide(await world.token(owner, ['edits:approve']), edit.editId)).rejects.toMatchObject(
    OWN,
  );
  const granted = await world.token(owner, ['edits:approve', 'edits:approveOwn']);
  await expect(mayDecide(granted, edit.editId)).resolves.toBeUndefined();
  await world.rules({ proposerMayApprove: false });
  for (const who of [session(owner), granted])
    await expect(mayDecide(who, edit.editId)).rejects.toMatchObject(OWN);
});

it('of an edit of two persons by either, but by no token of who proposed it', async () => {
  await world.rules({ twoPersons: { aboveRecords: 1 } });
  const edit = await propose(owner, 2);
  await world.approve(session(owner), edit);
  await world.approve(session(admin), edit);
  for (const userId of [owner, admin])
    await expect(mayDecide(session(userId), edit.editId)).resolves.toBeUndefined();
  const granted = await world.token(owner, ['edits:approve', 'edits:approveOwn']);
  await expect(mayDecide(granted, edit.editId)).rejects.toMatchObject(OWN);
  await expect(mayDecide(session(editor), edit.editId)).rejects.toMatchObject(REFUSED);
});

it('of an edit that the rule for small ones approved, by a person all the same', async () => {
  await world.approvals.consent(world.workspaceId, world.connectionId, owner);
  await world.rules({ autoApprove: { maxRecords: 1, kinds: ['update'] } });
  const edit = await propose(editor);
  expect(await world.state(edit.editId)).toMatchObject({ approval: 'approved' });
  await expect(mayDecide(session(editor), edit.editId)).rejects.toMatchObject(REFUSED);
  await expect(mayDecide(session(admin), edit.editId)).resolves.toBeUndefined();
  const own = await propose(owner);
  expect(await world.state(own.editId)).toMatchObject({ approval: 'approved' });
  await expect(mayDecide(await world.token(owner, ['edits:approve']), own.editId)).rejects.toMatchObject(OWN);
});
