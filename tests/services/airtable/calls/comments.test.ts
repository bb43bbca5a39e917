import { allPages, failureOf } from '../setup';
import { createEngineWorld, first, type EngineWorld } from './engine-world';

let w: EngineWorld;
let place: { baseId: string; tableId: string; recordId: string };
beforeAll(async () => {
  w = await createEngineWorld();
  await w.engine.database.admin.query(
    `INSERT INTO engine_people (workspace_id, id, email, name, member) VALUES ($1, 'usr_test', 'tess@example.org', 'Tess', true)`,
    [w.engine.workspaceId],
  );
});
beforeEach(async () => {
  const tableId = w.engine.table('Films');
  const cells = { [w.engine.field('Films', 'Title')]: 'Alien' };
  const { id } = first(await w.client.createRecords(w.engine.base.id, tableId, [cells]));
  place = { baseId: w.engine.base.id, tableId, recordId: id };
});
afterAll(() => w.close());

const texts = async () => (await allPages(w.client.listComments(place))).map(({ text }) => text);

describe('comments of the engine', () => {
  it('are written, answered, changed and deleted; newest first', async () => {
    const one = await w.client.createComment(place, { text: 'one' });
    const answer = await w.client.createComment(place, { text: 'two', parentCommentId: one.id });
    expect(answer.parentCommentId).toBe(one.id);
    expect(await texts()).toEqual(['two', 'one']);
    const changed = await w.client.updateComment(place, one.id, 'uno');
    expect(changed).toMatchObject({ id: one.id, text: 'uno', author: { id: 'usr_test' } });
    await w.client.deleteComment(place, answer.id);
    expect(await texts()).toEqual(['uno']);
    expect(await failureOf(w.client.deleteComment(place, answer.id))).toMatchObject({ kind: 'NotFound' });
  });

  it('mention people by id or e-mail, and answer with ids and names', async () => {
    const comment = await w.client.createComment(place, { text: 'Look, @[tess@example.org]' });
    expect(comment.text).toBe('Look, @[usr_test]');
    expect(comment.mentioned?.['usr_test']).toMatchObject({ type: 'user', displayName: 'Tess' });
  });

  it('are not those of a record of another table', async () => {
    const { id } = await w.client.createComment(place, { text: 'mine' });
    const elsewhere = { ...place, tableId: w.engine.table('Directors') };
    const refused = await Promise.all([
      failureOf(allPages(w.client.listComments(elsewhere))),
      failureOf(w.client.createComment(elsewhere, { text: 'x' })),
      failureOf(w.client.updateComment(elsewhere, id, 'x')),
      failureOf(w.client.deleteComment(elsewhere, id)),
    ]);
    expect(refused.map(({ code }) => code)).toEqual(Array(4).fill('record_in_other_table'));
    expect(await texts()).toEqual(['mine']);
  });

  it('cost no more than their own requests where the caller had the record from the table', async () => {
    const list = () => allPages(w.client.listComments(place, { recordIsInTable: true }));
    expect(await w.countRequests(list)).toBe(1);
  });
});
