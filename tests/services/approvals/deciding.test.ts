import { newId } from '../../../services/ids';
import { changes, createApprovalWorld, session, type ApprovalWorld, type Proposed } from './approval-world';

let world: ApprovalWorld;
let owner: string;
let admin: string;
let approver: string;
let editor: string;
let value = 0;

beforeAll(async () => {
  world = await createApprovalWorld();
  const ids = await Promise.all(
    (['owner', 'admin', 'approver', 'editor'] as const).map((role) => world.join(role)),
  );
  [owner, admin, approver, editor] = ids.map((user) => user.userId) as [string, string, string, string];
}, 60_000);
afterAll(() => world.close());
beforeEach(() => world.rules({}));

const propose = (by: string, count = 1) => world.propose(by, changes(world.films.slice(0, count), ++value));
const codes = (ends: readonly PromiseSettledResult<unknown>[]) =>
  ends.map((end) => (end.status === 'fulfilled' ? 'won' : (end.reason as { code: string }).code)).sort();
const expire = ({ editId }: Proposed) =>
  world.edit.server.database.admin.query(
    `WITH late AS (UPDATE approvals SET expires_at = now() - interval '1 s' WHERE edit_id = $1)
     UPDATE edits SET expires_at = now() - interval '1 s' WHERE id = $1`,
    [editId],
  );

describe('one person', () => {
  it('approves, bound to hash, base and connection, and leaves who did it and how', async () => {
    const edit = await propose(editor);
    const by = session(approver);
    const { started } = await world.approve(by, edit, { conflicts: 'stop' });
    expect(await world.state(edit.editId)).toMatchObject({ edit: 'approved', approval: 'approved' });
    const sql =
      'SELECT hash, connection_id, base_id, operation_id, conflicts FROM approvals WHERE edit_id = $1';
    expect((await world.edit.server.database.admin.query(sql, [edit.editId])).rows).toEqual([
      {
        hash: edit.hash,
        connection_id: world.connectionId,
        base_id: world.edit.server.base.id,
        operation_id: started?.operationId,
        conflicts: 'stop',
      },
    ]);
    expect((await world.audit(edit.editId)).at(-1)).toMatchObject({
      action: 'edit.approved',
      actor: approver,
      details: {
        hash: edit.hash,
        chosen: 'all',
        conflicts: 'stop',
        via: 'session',
        credentialId: by.credentialId,
      },
    });
  });

  it.each([
    ['another hash', (edit: Proposed) => ({ ...edit, hash: '0'.repeat(64) }), 'stale_hash'],
    ['an edit of nowhere', () => ({ editId: newId('edit'), hash: '0'.repeat(64) }), 'not_found'],
  ])('does not approve %s', async (_, other, code) => {
    const edit = await propose(editor);
    await expect(world.approve(session(owner), other(edit))).rejects.toMatchObject({ code });
    expect(await world.state(edit.editId)).toMatchObject({ edit: 'proposed', approval: 'open' });
  });

  it('neither approves nor rejects what has expired', async () => {
    const edit = await propose(editor);
    await expire(edit);
    const decisions = await Promise.allSettled([
      world.approve(session(owner), edit),
      world.reject(session(owner), edit),
    ]);
    expect(codes(decisions)).toEqual(['edit_expired', 'edit_expired']);
  });

  it('does not approve from another workspace', async () => {
    const edit = await propose(editor);
    const { db } = world.edit.server.database;
    const approving = {
      ...edit,
      conflicts: 'skip' as const,
      by: session(owner),
      acknowledgeSideEffects: true,
    };
    const elsewhere = db.tenant(world.edit.server.otherWorkspaceId, (tx) =>
      world.approvals.approve(tx, approving, newId('operation')),
    );
    await expect(elsewhere).rejects.toMatchObject({ kind: 'NotFound' });
    expect(await world.state(edit.editId)).toMatchObject({ approval: 'open' });
  });

  it('rejects with a reason, which the edit then shows', async () => {
    const edit = await propose(editor);
    await world.reject(session(approver), edit, 'Not before Friday');
    expect(await world.state(edit.editId)).toMatchObject({ edit: 'rejected', approval: 'rejected' });
    expect((await world.audit(edit.editId)).at(-1)).toMatchObject({
      action: 'edit.rejected',
      actor: approver,
      details: { reason: 'Not before Friday' },
    });
    await expect(world.approve(session(owner), edit)).rejects.toMatchObject({ code: 'edit_rejected' });
  });

  it.each(['editor', 'stranger'])('is not a(n) %s', async (who) => {
    const edit = await propose(owner);
    const userId = who === 'editor' ? editor : newId('user');
    await expect(world.approve(session(userId), edit)).rejects.toMatchObject({
      kind: 'Forbidden',
      code: 'not_an_approver',
    });
  });
});

describe('at the same moment', () => {
  it('of many approvals one wins, and one operation is all that comes of them', async () => {
    const edit = await propose(editor);
    const who = [owner, admin, approver, owner, admin, approver];
    const ends = await Promise.allSettled(who.map((userId) => world.approve(session(userId), edit)));
    expect(codes(ends)).toEqual([...Array<string>(5).fill('edit_approved'), 'won']);
  });

  it('an approval or a rejection wins, never both', async () => {
    for (let round = 0; round < 8; round++) {
      const edit = await propose(editor);
      const [approved, rejected] = await Promise.allSettled([
        world.approve(session(owner), edit),
        world.reject(session(admin), edit, 'no'),
      ]);
      const won = approved?.status === 'fulfilled' ? 'approved' : 'rejected';
      expect(codes([approved, rejected].filter((end) => end !== undefined))).toEqual(
        [`edit_${won}`, 'won'].sort(),
      );
      expect(await world.state(edit.editId)).toMatchObject({ edit: won, approval: won });
    }
  });

  it('two persons who are both needed make one operation together', async () => {
    await world.rules({ twoPersons: { aboveRecords: 2 } });
    for (let round = 0; round < 8; round++) {
      const edit = await propose(editor, 3);
      const ends = await Promise.all([
        world.approve(session(owner), edit),
        world.approve(session(admin), edit),
      ]);
      expect(ends.map((end) => end.missing).sort()).toEqual([0, 1]);
      expect(ends.filter((end) => end.started)).toHaveLength(1);
    }
  });
});

describe('two persons', () => {
  beforeEach(() => world.rules({ twoPersons: { aboveRecords: 2, aboveDeletions: 0 } }));

  it('are needed above the number of records, and start the edit with the second approval', async () => {
    const small = await propose(editor, 2);
    expect(await world.approve(session(owner), small)).toMatchObject({ missing: 0 });
    const edit = await propose(editor, 3);
    expect(await world.approve(session(owner), edit)).toEqual({ missing: 1 });
    expect(await world.state(edit.editId)).toMatchObject({ edit: 'proposed', approval: 'open' });
    expect(await world.approve(session(owner), edit)).toEqual({ missing: 1 });
    const { started } = await world.approve(session(admin), edit);
    expect(started).toMatchObject({ editId: edit.editId });
    expect((await world.audit(edit.editId)).map((row) => row.action)).toEqual([
      'edit.approval_given',
      'edit.approval_given',
      'edit.approved',
    ]);
  });

  it('are needed for a deletion by the rule for deletions', async () => {
    const edit = await world.propose(editor, {
      changes: [{ kind: 'delete', table: 'Films', recordId: world.films[11] }],
    });
    expect(await world.approve(session(owner), edit)).toEqual({ missing: 1 });
  });

  it('have to choose the same', async () => {
    const edit = await propose(editor, 3);
    await world.approve(session(owner), edit, { only: [2, 0] });
    const differ = {
      kind: 'Conflict',
      code: 'approval_terms_differ',
      details: { conflicts: 'skip', only: [0, 2] },
    };
    await expect(world.approve(session(admin), edit)).rejects.toMatchObject(differ);
    await expect(
      world.approve(session(admin), edit, { only: [0, 2], conflicts: 'stop' }),
    ).rejects.toMatchObject(differ);
    const { started } = await world.approve(session(admin), edit, { only: [0, 2, 2] });
    expect(started && (await world.edit.states(started))).toEqual({ pending: 2, skipped: 1 });
  });

  it('lets the only one who approved so far choose anew', async () => {
    const edit = await propose(editor, 3);
    await world.approve(session(owner), edit, { only: [0] });
    await world.approve(session(owner), edit, { only: [1] });
    await expect(world.approve(session(admin), edit, { only: [1] })).resolves.toMatchObject({ missing: 0 });
  });

  it('are two even where one of them uses a session and a token', async () => {
    const edit = await propose(editor, 3);
    await world.approve(session(owner), edit);
    const token = await world.token(owner, ['edits:approve', 'edits:approveOwn']);
    expect(await world.approve(token, edit)).toEqual({ missing: 1 });
  });

  it('refuses changes that are not there before anybody else is asked', async () => {
    const edit = await propose(editor, 3);
    await expect(world.approve(session(owner), edit, { only: [7] })).rejects.toMatchObject({
      code: 'unknown_change',
    });
  });

  it('still lets one of them reject what the other approved', async () => {
    const edit = await propose(editor, 3);
    await world.approve(session(owner), edit);
    await world.reject(session(owner), edit, 'On second thoughts');
    await expect(world.approve(session(admin), edit)).rejects.toMatchObject({ code: 'edit_rejected' });
  });

  it('are as many as the rules ask for when the decision falls', async () => {
    const edit = await propose(editor, 3);
    await world.rules({});
    expect(await world.approve(session(owner), edit)).toMatchObject({ missing: 0 });
  });
});

describe('one’s own proposal', () => {
  it('is approved by its person at the page', async () => {
    await expect(world.approve(session(owner), await propose(owner))).resolves.toMatchObject({ missing: 0 });
  });

  it('is not approved by a token of its person, whichever proposed it', async () => {
    const agent = await world.token(owner, ['edits:propose', 'edits:approve']);
    const another = await world.token(owner, ['edits:approve']);
    const edit = await propose(agent.userId);
    for (const token of [agent, another])
      await expect(world.approve(token, edit)).rejects.toMatchObject({
        kind: 'Forbidden',
        code: 'own_proposal',
      });
    await expect(world.approve(session(owner), edit)).resolves.toMatchObject({ missing: 0 });
  });

  it('is approved by a token that its person granted just that, except where two persons are needed', async () => {
    const token = await world.token(owner, ['edits:propose', 'edits:approve', 'edits:approveOwn']);
    await expect(world.approve(token, await propose(owner))).resolves.toMatchObject({ missing: 0 });
    await world.rules({ twoPersons: { aboveRecords: 2 } });
    const large = await propose(owner, 3);
    await expect(world.approve(token, large)).rejects.toMatchObject({ code: 'own_proposal' });
    await expect(world.approve(session(owner), large)).resolves.toEqual({ missing: 1 });
  });

  it('needs somebody else where the rules say so', async () => {
    await world.rules({ proposerMayApprove: false });
    const edit = await propose(owner);
    const token = await world.token(owner, ['edits:approve', 'edits:approveOwn']);
    for (const who of [session(owner), token])
      await expect(world.approve(who, edit)).rejects.toMatchObject({ code: 'own_proposal' });
    await expect(world.approve(session(admin), edit)).resolves.toMatchObject({ missing: 0 });
  });
});

describe('the rules', () => {
  it('narrow who approves to roles and to persons', async () => {
    await world.rules({ approvers: { roles: ['owner'], users: [approver] } });
    const edit = await propose(editor);
    await expect(world.approve(session(admin), edit)).rejects.toMatchObject({ code: 'not_an_approver' });
    await expect(world.approve(session(approver), edit)).resolves.toMatchObject({ missing: 0 });
  });

  it('name nobody whose role does not approve', async () => {
    await expect(world.rules({ approvers: { users: [editor] } })).rejects.toMatchObject({
      code: 'not_an_approver',
    });
  });

  it('set how long a proposal can be approved', async () => {
    await world.rules({ expiresInHours: 2 });
    const { editId } = await propose(editor);
    const sql = `SELECT extract(epoch FROM expires_at - created_at) AS s FROM approvals WHERE edit_id = $1`;
    const { rows } = await world.edit.server.database.admin.query<{ s: string }>(sql, [editId]);
    expect(Math.round(Number(rows[0]?.s) / 3_600)).toBe(2);
  });
});

describe('side effects', () => {
  const forget = () => world.edit.server.database.admin.query('DELETE FROM connection_consents');

  it('have to be acknowledged once for a connection before anything is approved through it', async () => {
    await forget();
    const edit = await propose(editor);
    const silent = { acknowledgeSideEffects: undefined };
    await expect(world.approve(session(owner), edit, silent)).rejects.toMatchObject({
      kind: 'Conflict',
      code: 'consent_required',
      details: { connectionId: world.connectionId },
    });
    await world.approvals.consent(world.workspaceId, world.connectionId, admin);
    await expect(world.approve(session(owner), edit, silent)).resolves.toMatchObject({ missing: 0 });
    expect(await world.audit(world.connectionId)).toContainEqual(
      expect.objectContaining({ action: 'connection.side_effects_acknowledged', actor: admin }),
    );
  });

  it('can be acknowledged with the approval, and who did so first stays', async () => {
    await forget();
    await world.approve(session(owner), await propose(editor));
    const consent = await world.approvals.consent(world.workspaceId, world.connectionId, admin);
    expect(consent).toMatchObject({ connectionId: world.connectionId, by: owner });
  });

  it('are told by the preview', async () => {
    const { editId } = await propose(editor);
    const sql = `SELECT preview->'warnings' AS warnings FROM edits WHERE id = $1`;
    const { rows } = await world.edit.server.database.admin.query<{ warnings: string[] }>(sql, [editId]);
    expect(rows[0]?.warnings.join()).toContain('automations, syncs and e-mails');
  });
});
