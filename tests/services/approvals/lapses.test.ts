import { Client } from 'pg';
import { newId } from '../../../services/ids';
import { createEditViews } from '../../../services/edits/views';
import { LIVE, type EditRefs } from '../edits/edit-world';
import { pollUntil } from '../../support/poll';
import { changes, createApprovalWorld, session, type ApprovalWorld, type Proposed } from './approval-world';

let world: ApprovalWorld;
let owner: string;
let admin: string;
let editor: string;
let value = 0;
const TWO = { twoPersons: { aboveRecords: 1 } };

beforeAll(async () => {
  world = await createApprovalWorld();
  const ids = await Promise.all((['owner', 'admin', 'editor'] as const).map((role) => world.join(role)));
  [owner, admin, editor] = ids.map((user) => user.userId) as [string, string, string];
}, 60_000);
afterAll(() => world.close());
beforeEach(() => world.rules(TWO));

const sql = (text: string, values: unknown[] = []) => world.edit.server.database.admin.query(text, values);
const propose = (by = editor, count = 2) => world.propose(by, changes(world.films.slice(0, count), ++value));
const role = (userId: string, now: string) =>
  sql('UPDATE memberships SET role = $2 WHERE user_id = $1', [userId, now]);
const approvalOf = async ({ editId }: Proposed) =>
  (await createEditViews(world.edit.server.database.db).get(world.workspaceId, editId)).approval;
const codeOf = (end: PromiseSettledResult<unknown>) =>
  end.status === 'fulfilled' ? 'won' : (end.reason as { code: string }).code;

/** Does `during` while whoever decides on the edit next waits for its row, and lets them go on then. */
async function whileItWaits<T>(
  { editId }: Proposed,
  decide: () => Promise<T>,
  during: () => Promise<unknown>,
): Promise<PromiseSettledResult<T>> {
  const holder = new Client({ connectionString: world.edit.server.database.url });
  await holder.connect();
  try {
    await holder.query('BEGIN');
    await holder.query('SELECT 1 FROM approvals WHERE edit_id = $1 FOR UPDATE', [editId]);
    const [deciding] = [Promise.allSettled([decide()])];
    await pollUntil('the decision waits for the row', async () => {
      const waiting = `SELECT 1 FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'`;
      return ((await sql(waiting)).rowCount ?? 0) > 0;
    });
    await during();
    await holder.query('COMMIT');
    const [end] = await deciding;
    if (!end) throw new Error('nothing came of the decision');
    return end;
  } finally {
    await holder.end();
  }
}

describe('the first of two approvals', () => {
  it('does not count once its person left, nor when they come back', async () => {
    const leaving = await world.join('admin');
    const edit = await propose();
    await world.approve(session(leaving.userId), edit);
    await role(leaving.userId, 'viewer');
    expect(await approvalOf(edit)).toMatchObject({ state: 'open', missing: 2, terms: null });
    expect(await world.approve(session(owner), edit, { only: [1] })).toEqual({ missing: 1 });
    expect((await world.audit(edit.editId)).at(-1)?.details).toMatchObject({ lapsed: [leaving.userId] });
    await role(leaving.userId, 'admin');
    expect(await approvalOf(edit)).toMatchObject({ missing: 1, terms: { only: [1] } });
    // Theirs was for the whole: it is asked for again, for what the other one chose.
    await expect(world.approve(session(leaving.userId), edit)).rejects.toMatchObject({
      code: 'approval_terms_differ',
    });
    const { started } = await world.approve(session(leaving.userId), edit, { only: [1] });
    expect(started && (await world.edit.applyAll(started))).toMatchObject({ state: 'done' });
  });

  it.each([
    ['its person is none of those who approve any more', { ...TWO, approvers: { roles: ['owner'] } }],
    ['its person proposed it and may not approve that any more', { ...TWO, proposerMayApprove: false }],
  ])('does not count once %s', async (_, rules) => {
    const edit = await propose(admin);
    await world.approve(session(admin), edit);
    await world.rules(rules);
    expect(await world.approve(session(owner), edit)).toEqual({ missing: 1 });
  });

  it('is listed for the second as the second will be counted', async () => {
    const leaving = await world.join('admin');
    const edit = await propose();
    await world.approve(session(leaving.userId), edit);
    const pending = async () => {
      const page = { limit: 100, after: undefined };
      const all = await world.approvals.pending(
        world.workspaceId,
        { ...session(owner), role: 'owner' },
        page,
      );
      return all.find(({ editId }) => editId === edit.editId)?.missing;
    };
    expect(await pending()).toBe(1);
    await role(leaving.userId, 'editor');
    expect(await pending()).toBe(2);
  });
});

describe('an approval that was given is no good for the first write', () => {
  const started = async (by = owner): Promise<EditRefs> => {
    await world.rules({});
    const { started: refs } = await world.approve(session(by), await propose(admin));
    if (!refs) throw new Error('the approval started nothing');
    return refs;
  };
  const expectWithdrawn = async (refs: EditRefs, why: RegExp) => {
    world.edit.seen();
    await expect(world.edit.applyAll(refs)).rejects.toMatchObject({
      code: 'approval_withdrawn',
      message: expect.stringMatching(why) as string,
    });
    expect(world.edit.seen().filter((call) => !call.startsWith('GET'))).toEqual([]);
  };

  it('once the rules ask for two persons', async () => {
    const refs = await started();
    await world.rules(TWO);
    await expectWithdrawn(refs, /more persons have to approve it/);
  });

  it.each([
    ['name others', { approvers: { users: [] as string[], roles: ['admin'] } }, () => owner],
    ['keep proposers from approving', { proposerMayApprove: false }, () => admin],
  ])('once the rules %s', async (_, rules, by) => {
    const refs = await started(by());
    await world.rules(rules);
    await expectWithdrawn(refs, /may not approve edits any more/);
  });

  it('of another edit with the very same changes', async () => {
    await world.rules({});
    const same = changes(world.films.slice(0, 1), ++value);
    const [first, second] = [await world.propose(editor, same), await world.propose(editor, same)];
    expect(first.hash).toBe(second.hash);
    const { started: refs } = await world.approve(session(owner), first);
    expect(await world.state(second.editId)).toMatchObject({ edit: 'proposed', approval: 'open' });
    const borrowed = { ...second, workspaceId: world.workspaceId, operationId: refs?.operationId ?? '' };
    await expect(world.edit.edits.applyChunk(borrowed, LIVE)).rejects.toMatchObject({ code: 'not_approved' });
    expect(await world.edit.states(borrowed)).toEqual({ pending: 1 });
  });
});

describe('between the click and the commit', () => {
  beforeEach(() => world.rules({}));

  it.each(['approve', 'reject'] as const)('it runs out: nobody can %s it', async (verb) => {
    const edit = await propose();
    const end = await whileItWaits(
      edit,
      async () => void (await world[verb](session(owner), edit)),
      async () => {
        const late = `UPDATE edits SET expires_at = clock_timestamp() WHERE id = $1`;
        await sql(late, [edit.editId]);
      },
    );
    expect(codeOf(end)).toBe('edit_expired');
    expect(await world.state(edit.editId)).toMatchObject({ edit: 'proposed', approval: 'open' });
  });

  it('its time passes by the clock alone: nobody can approve it', async () => {
    const edit = await propose();
    await sql(`UPDATE approvals SET expires_at = clock_timestamp() + interval '300 ms' WHERE edit_id = $1`, [
      edit.editId,
    ]);
    const passed = 'SELECT 1 FROM approvals WHERE edit_id = $1 AND expires_at <= clock_timestamp()';
    const end = await whileItWaits(
      edit,
      () => world.approve(session(owner), edit),
      () => pollUntil('the time has passed', async () => (await sql(passed, [edit.editId])).rowCount),
    );
    expect(codeOf(end)).toBe('edit_expired');
    expect(await world.state(edit.editId)).toMatchObject({ edit: 'proposed', approval: 'open' });
  });

  it.each([
    ['they leave', `DELETE FROM memberships WHERE user_id = $1`],
    ['they become an editor', `UPDATE memberships SET role = 'editor' WHERE user_id = $1`],
  ])('%s: theirs is no approval', async (_, statement) => {
    const leaving = await world.join('admin');
    const edit = await propose();
    const end = await whileItWaits(
      edit,
      () => world.approve(session(leaving.userId), edit),
      () => sql(statement, [leaving.userId]),
    );
    expect(codeOf(end)).toBe('not_an_approver');
  });

  it('the rules ask for a second person: it is noted, or refused, and starts nothing', async () => {
    const edit = await propose();
    const end = await whileItWaits(
      edit,
      () => world.approve(session(owner), edit),
      () => world.rules(TWO),
    );
    expect(end).toEqual({ status: 'fulfilled', value: { missing: 1 } });
    expect(await world.state(edit.editId)).toMatchObject({ edit: 'proposed', approval: 'open' });
  });

  it('two persons choose different parts: the first is noted, the other is told', async () => {
    await world.rules(TWO);
    for (let round = 0; round < 5; round++) {
      const edit = await propose();
      const ends = await Promise.allSettled([
        world.approve(session(owner), edit, { only: [0] }),
        world.approve(session(admin), edit, { only: [1] }),
      ]);
      expect(ends.map(codeOf).sort()).toEqual(['approval_terms_differ', 'won']);
      expect(await approvalOf(edit)).toMatchObject({ state: 'open', missing: 1 });
    }
  });
});

it('an operation that nobody approved writes nothing, whatever it is called', async () => {
  const edit = await propose();
  const forged = { workspaceId: world.workspaceId, editId: edit.editId, operationId: newId('operation') };
  await expect(world.edit.edits.applyChunk(forged, LIVE)).rejects.toMatchObject({ code: 'not_approved' });
  expect(await world.edit.states(forged)).toEqual({ pending: 2 });
});
