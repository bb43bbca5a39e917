import { newId } from '../../../services/ids';
import type { ReviewInput } from '../../../contracts/reviews';
import { pollUntil } from '../../support/poll';
import { createEditWorld, LIVE, type EditRefs, type EditWorld } from './edit-world';

let world: EditWorld;
beforeAll(async () => {
  world = await createEditWorld();
}, 60_000);
afterAll(() => world.close());
beforeEach(async () => {
  world.forget();
  for (const id of (await world.cells()).keys()) await world.server.call('DELETE', `${films()}/${id}`);
});

const films = () => `/${world.server.base.id}/${world.server.table('Films')}`;
const setAll = (gross: number) => ({
  rules: [{ kind: 'set', table: 'Films', where: '{Title}', cells: { Gross: gross } }],
});
const unresolved = ({ workspaceId, editId }: EditRefs, look = false) =>
  world.reviews.unresolved(workspaceId, editId, { after: -1, limit: 20, look }, LIVE.signal);

/** What a door does with a verdict, and then the operation. */
async function stage(edit: EditRefs, input: ReviewInput, by = 'usr_anna'): Promise<EditRefs> {
  const ref = { ...edit, operationId: newId('operation') };
  await world.reviews.check(ref, input, LIVE.signal);
  await world.server.database.db.tenant(ref.workspaceId, (tx) => world.reviews.stage(tx, ref, by, input));
  return ref;
}
async function carryOut(ref: EditRefs) {
  await pollUntil('the review is carried out', async () => {
    const chunk = await world.reviews.chunk(ref, LIVE);
    return chunk.state === 'done';
  });
  return world.reviews.conclude(ref);
}
const review = async (edit: EditRefs, input: ReviewInput) => carryOut(await stage(edit, input));

/** An edit that was taken back, but for one record that somebody changed meanwhile. */
async function leftOver(): Promise<{ edit: EditRefs; recordId: string }> {
  const ids = await world.films(3);
  const edit = await world.approved(setAll(7));
  await world.applyAll(edit);
  const recordId = ids[1] ?? '';
  await world.change(recordId, { Gross: 99 });
  await world.undoAll(edit);
  await world.conclude(edit, true);
  expect(await world.states(edit)).toEqual({ undone: 2, undo_conflict: 1 });
  expect(await world.editState(edit)).toBe('needs_review');
  return { edit, recordId };
}

/** Two creations in one request that got no answer: one record like them is there, so nobody can tell. */
async function ambiguous(): Promise<{ edit: EditRefs; recordId: string }> {
  const changes = ['Ran', 'Ikiru'].map((Title) => ({ kind: 'create', table: 'Films', cells: { Title } }));
  const edit = await world.approved({ changes });
  let lost = false;
  world.onRequest = async (method) => {
    if (method !== 'POST' || lost) return undefined;
    lost = true;
    await world.server.call('POST', films(), { fields: { Title: 'Ran' } });
    return { status: 503, body: { error: { type: 'RETRIABLE_ERROR', message: 'later' } } };
  };
  await world.applyAll(edit).catch(() => undefined);
  await pollUntil('nobody can tell', async () => {
    await world.applyAll(edit).catch(() => undefined);
    return (await world.states(edit))['unknown'] === 2;
  });
  world.forget();
  await pollUntil('it is taken back', async () => (await world.undoAll(edit)).state === 'done');
  await world.conclude(edit, true);
  expect(await world.editState(edit)).toBe('needs_review');
  return { edit, recordId: [...(await world.cells()).keys()][0] ?? '' };
}

it('shows what is unclear with the journal, the record as it is now, and the witness', async () => {
  const { edit, recordId } = await leftOver();
  const page = await unresolved(edit, true);
  expect(page).toMatchObject({ unresolved: 1, nextCursor: null });
  expect(page.changes).toMatchObject([
    {
      recordId,
      state: 'undo_conflict',
      journal: { direction: 'undo', attempts: 2 },
      now: { recordTexts: { Gross: '99' }, failed: null },
      witness: { watched: false, changes: [], gaps: [] },
      retrying: null,
    },
  ]);
  const [change] = page.changes;
  expect(Object.values(change?.journal.found ?? {})).toEqual([10_001]);
  expect(Object.values(change?.journal.written ?? {})).toEqual([7]);
  expect(change?.journal.sentAt).not.toBeNull();
  expect((await unresolved(edit)).changes[0]?.now).toBeNull();
});

it('shows which records a creation without an answer may have made, and none that another edit accounts for', async () => {
  const { edit, recordId } = await ambiguous();
  const other = await world.approved({
    changes: [{ kind: 'create', table: 'Films', cells: { Title: 'Ran' } }],
  });
  await world.applyAll(other);
  const [ran, ikiru] = (await unresolved(edit, true)).changes;
  expect(ran?.now?.candidates.map((c) => c.recordId)).toEqual([recordId]);
  expect(ikiru?.now?.candidates).toEqual([]);
});

it('says why there was no look where the base cannot be asked', async () => {
  const { edit } = await leftOver();
  world.onRequest = async () => ({ status: 403, body: { error: { type: 'NOT_AUTHORIZED', message: 'no' } } });
  const [change] = (await unresolved(edit, true)).changes;
  expect(change?.now).toMatchObject({ record: null, candidates: [] });
  expect(change?.now?.failed).toEqual(expect.any(String));
});

it('a change that stays, by a person’s word, ends the review as applied, and can be undone later', async () => {
  const { edit } = await leftOver();
  const { changes } = await unresolved(edit);
  const ordinals = changes.map(({ ordinal }) => ordinal);
  expect(await review(edit, { ordinals, verdict: 'landed' })).toMatchObject({
    state: 'applied',
    unresolved: 0,
    outcome: { undone: 2, landed: 1 },
  });
});

it('a change that is not in the base, by a person’s word, ends the review as rolled back', async () => {
  const { edit } = await leftOver();
  const ordinals = (await unresolved(edit)).changes.map(({ ordinal }) => ordinal);
  expect(await review(edit, { ordinals, verdict: 'notLanded' })).toMatchObject({
    state: 'rolled_back',
    unresolved: 0,
    outcome: { undone: 3 },
  });
});

it('tries to take back again what somebody made possible again, and nothing else', async () => {
  const { edit, recordId } = await leftOver();
  const ordinals = (await unresolved(edit)).changes.map(({ ordinal }) => ordinal);
  expect(await review(edit, { ordinals, verdict: 'retry' })).toMatchObject({
    state: 'needs_review',
    unresolved: 1,
  });
  expect((await world.cells()).get(recordId)).toMatchObject({ Gross: 99 });
  await world.change(recordId, { Gross: 7 });
  expect(await review(edit, { ordinals, verdict: 'retry' })).toMatchObject({ state: 'rolled_back' });
  expect((await world.cells()).get(recordId)).toMatchObject({ Gross: 10_001 });
});

it('a creation that landed needs its record: one that is there and that nobody else made', async () => {
  const { edit, recordId } = await ambiguous();
  const [ran, ikiru] = (await unresolved(edit)).changes.map(({ ordinal }) => ordinal);
  const say = (ordinal: number | undefined, record?: string) =>
    review(edit, {
      ordinals: [ordinal ?? -1],
      verdict: 'landed',
      ...(record === undefined ? {} : { recordId: record }),
    });
  await expect(say(ran)).rejects.toMatchObject({ code: 'record_needed' });
  await expect(say(ran, 'recAAAAAAAAAAAAAA')).rejects.toMatchObject({ code: 'unknown_record' });
  const other = await world.approved({
    changes: [{ kind: 'create', table: 'Films', cells: { Title: 'Ran' } }],
  });
  await world.applyAll(other);
  const taken = [...(await world.cells()).keys()].find((id) => id !== recordId);
  await expect(say(ran, taken)).rejects.toMatchObject({ code: 'record_taken' });
  expect(await say(ran, recordId)).toMatchObject({ state: 'needs_review', unresolved: 1 });
  await expect(say(ikiru, recordId)).rejects.toMatchObject({ code: 'record_taken' });
  expect(await review(edit, { ordinals: [ikiru ?? -1], verdict: 'notLanded' })).toMatchObject({
    state: 'applied',
    outcome: { landed: 1, undone: 1 },
  });
});

it('looks once more for creations that nobody could tell of, and settles what is clear by now', async () => {
  const { edit, recordId } = await ambiguous();
  await world.server.call('DELETE', `${films()}/${recordId}`);
  const ordinals = (await unresolved(edit)).changes.map(({ ordinal }) => ordinal);
  expect(await review(edit, { ordinals, verdict: 'retry' })).toMatchObject({
    state: 'rolled_back',
    unresolved: 0,
    outcome: { undone: 2 },
  });
});

it('of two persons at once one wins each change, and both words are audited or refused', async () => {
  const { edit } = await leftOver();
  const ordinals = (await unresolved(edit)).changes.map(({ ordinal }) => ordinal);
  const ends = await Promise.allSettled([
    stage(edit, { ordinals, verdict: 'landed' }, 'usr_anna'),
    stage(edit, { ordinals, verdict: 'notLanded' }, 'usr_bert'),
  ]);
  expect(ends.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
  expect(ends.find(({ status }) => status === 'rejected')).toMatchObject({
    reason: { code: 'already_reviewed' },
  });
  const { rows } = await world.server.database.admin.query<{ actor: string }>(
    `SELECT actor FROM audit WHERE action = 'edit.reviewed' AND subject = $1`,
    [edit.editId],
  );
  expect(rows).toEqual([{ actor: ends[0].status === 'fulfilled' ? 'usr_anna' : 'usr_bert' }]);
});

it('what a cancelled review did not carry out is let go, and its late attempt writes nothing', async () => {
  const { edit, recordId } = await leftOver();
  const ordinals = (await unresolved(edit)).changes.map(({ ordinal }) => ordinal);
  await world.change(recordId, { Gross: 7 });
  const ref = await stage(edit, { ordinals, verdict: 'retry' });
  expect((await unresolved(edit)).changes[0]?.retrying).toBe(ref.operationId);
  await world.reviews.release(ref);
  world.seen();
  expect(await world.reviews.chunk(ref, LIVE)).toMatchObject({ state: 'done' });
  expect(world.seen()).toEqual([]);
  expect((await world.cells()).get(recordId)).toMatchObject({ Gross: 7 });
  expect((await unresolved(edit)).changes).toMatchObject([{ state: 'undo_conflict', retrying: null }]);
  expect(await review(edit, { ordinals, verdict: 'retry' })).toMatchObject({ state: 'rolled_back' });
});

it('there is nothing to review in an edit that ended clearly, nor in changes that are clear', async () => {
  await world.films(2);
  const done = await world.approved(setAll(7));
  await world.applyAll(done);
  await world.conclude(done, false);
  await expect(review(done, { ordinals: [0], verdict: 'retry' })).rejects.toMatchObject({
    code: 'edit_not_in_review',
  });
  expect(await unresolved(done)).toEqual({ changes: [], nextCursor: null, unresolved: 0 });
  const { edit } = await leftOver();
  await expect(review(edit, { ordinals: [0, 1, 2], verdict: 'notLanded' })).rejects.toMatchObject({
    code: 'already_reviewed',
  });
});
