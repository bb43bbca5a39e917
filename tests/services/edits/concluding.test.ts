import { createEditWorld, type EditWorld } from './edit-world';

let world: EditWorld;
beforeAll(async () => {
  world = await createEditWorld();
}, 60_000);
afterAll(() => world.close());

describe('an edit whose undo was stopped on its way', () => {
  it('needs review, and says of each change that is left what stopped it', async () => {
    await world.films(3);
    const edit = await world.approved({
      rules: [{ kind: 'set', table: 'Films', where: '{Title}', cells: { Gross: 7 } }],
    });
    await world.applyAll(edit);
    const concluded = await world.edits.conclude(edit, true, 'Airtable takes the token no more.');

    expect(concluded).toMatchObject({ leftOver: 3, outcome: { landed: 3 } });
    expect(await world.editState(edit)).toBe('needs_review');
    const { rows } = await world.server.database.admin.query<{ reason: string }>(
      'SELECT reason FROM edit_changes WHERE edit_id = $1',
      [edit.editId],
    );
    expect(rows.map(({ reason }) => reason)).toEqual(
      Array(3).fill('the undo did not come to it: Airtable takes the token no more.'),
    );
  });
});
