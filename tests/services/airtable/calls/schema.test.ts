import { failureOf } from '../setup';
import { createEngineWorld, first, type EngineWorld } from './engine-world';

let w: EngineWorld;
beforeAll(async () => {
  w = await createEngineWorld();
});
afterAll(() => w.close());

const base = () => w.engine.base.id;
const text = (name: string) => ({ name, type: 'singleLineText' });

describe('the schema of the engine', () => {
  it('tells who asks and which bases there are', async () => {
    expect(await w.client.whoami()).toMatchObject({ id: 'usr_test' });
    expect((await w.client.listBases()).map(({ id }) => id)).toContain(base());
  });

  it('makes a base with its tables and deletes it', async () => {
    const made = await w.client.createBase({
      name: ' Library ',
      workspaceId: w.engine.workspaceId,
      tables: [
        { name: 'Books', description: 'All of them', fields: [text('Title')] },
        {
          name: 'Authors',
          fields: [text('Name'), { name: 'Born', type: 'number', options: { precision: 0 } }],
        },
      ],
    });
    expect(made.tables.map(({ name, fields }) => [name, fields.length])).toEqual([
      ['Books', 1],
      ['Authors', 2],
    ]);
    expect(await w.client.listBases()).toContainEqual(
      expect.objectContaining({ id: made.id, name: 'Library' }),
    );
    await w.client.deleteBase(made.id);
    expect((await w.client.listBases()).map(({ id }) => id)).not.toContain(made.id);
  });

  it('makes and renames a table', async () => {
    const table = await w.client.createTable(base(), { name: 'Studios', fields: [text('Name')] });
    expect(table).toMatchObject({ name: 'Studios', primaryFieldId: first(table.fields).id });
    const change = { name: 'Houses', description: 'Who paid' };
    expect(await w.client.updateTable(base(), table.id, change)).toMatchObject({ id: table.id, ...change });
    const { tables } = await w.client.getBaseSchema(base());
    expect(tables.find(({ id }) => id === table.id)).toMatchObject(change);
  });

  it('makes and renames a field', async () => {
    const table = w.engine.table('Directors');
    const options = { choices: [{ name: 'Alive' }] };
    const field = await w.client.createField(base(), table, { name: 'State', type: 'singleSelect', options });
    expect(field).toMatchObject({ name: 'State', options: { choices: [{ name: 'Alive' }] } });
    const change = { description: 'Alive or not' };
    expect(await w.client.updateField(base(), table, field.id, change)).toMatchObject({
      id: field.id,
      name: 'State',
      ...change,
    });
  });

  it('says what Airtable has against a name', async () => {
    const error = await failureOf(w.client.createTable(base(), { name: 'films', fields: [text('Name')] }));
    expect(error.details).toMatchObject({ airtableType: 'DUPLICATE_TABLE_NAME', mayHaveLanded: false });
  });

  it('lists, gets and deletes views, with the fields that grids show', async () => {
    const made = await w.engine.call('POST', `/meta/bases/${base()}/tables/Films/views`, {
      name: 'Titles',
      type: 'grid',
      visibleFieldIds: ['Title'],
    });
    const { id } = made.body as { id: string };
    const view = await w.client.getView(base(), id);
    expect(view).toMatchObject({ id, type: 'grid', visibleFieldIds: [w.engine.field('Films', 'Title')] });
    expect(await w.client.listViews(base())).toContainEqual(view);
    await w.client.deleteView(base(), id);
    expect((await w.client.listViews(base())).map((other) => other.id)).not.toContain(id);
    expect(await failureOf(w.client.deleteView(base(), id))).toMatchObject({ code: 'connection_forbidden' });
  });
});
