import { allPages, failureOf } from '../setup';
import { createEngineWorld, first, type EngineWorld } from './engine-world';

let w: EngineWorld;
beforeAll(async () => {
  w = await createEngineWorld();
});
afterAll(() => w.close());

const base = () => w.engine.base.id;
const films = () => w.engine.table('Films');
const directors = () => w.engine.table('Directors');
const field = (name: string) => w.engine.field('Films', name);
const create = async (...titles: string[]) =>
  w.client.createRecords(
    base(),
    films(),
    titles.map((title) => ({ [field('Title')]: title })),
  );

describe('writing records of the engine', () => {
  it('creates, merges, replaces and deletes; empty cells are not in the answer', async () => {
    const cells = { [field('Title')]: 'Ran', [field('Gross')]: 4.5, [field('Seen')]: true };
    const { id } = first(await w.client.createRecords(base(), films(), [cells]));

    const merged = first(
      await w.client.updateRecords(base(), films(), [{ id, fields: { [field('Seen')]: false } }]),
    );
    expect(merged).toMatchObject({ id, fields: { [field('Title')]: 'Ran', [field('Gross')]: 4.5 } });
    expect(merged.fields).not.toHaveProperty(field('Seen'));

    const replaced = first(
      await w.client.replaceRecords(base(), films(), [{ id, fields: { [field('Notes')]: 'epic' } }]),
    );
    expect(replaced.fields).toEqual({ [field('Notes')]: 'epic' });

    await w.client.deleteRecords(base(), films(), [id]);
    expect(await failureOf(w.client.getRecord(base(), films(), id))).toMatchObject({ kind: 'NotFound' });
  });

  it('gives text its value where Airtable may guess', async () => {
    const record = first(
      await w.client.createRecords(base(), films(), [{ [field('Gross')]: '1,200' }], { typecast: true }),
    );
    expect(record.fields[field('Gross')]).toBe(1200);
  });

  it('does not touch a record of another table', async () => {
    const { id } = first(await create('Elsewhere'));
    const name = w.engine.field('Directors', 'Name');
    const refused = await Promise.all([
      failureOf(w.client.updateRecords(base(), directors(), [{ id, fields: { [name]: 'x' } }])),
      failureOf(w.client.replaceRecords(base(), directors(), [{ id, fields: { [name]: 'x' } }])),
      failureOf(w.client.deleteRecords(base(), directors(), [id])),
    ]);
    for (const error of refused)
      expect(error.details).toMatchObject({ airtableType: 'ROW_DOES_NOT_EXIST', mayHaveLanded: false });
  });
});

describe('upserting into the engine', () => {
  it('tells which records it created and which it updated, by key and by id', async () => {
    const [known, named] = await create('Solaris', 'Stalker');
    const answer = await w.client.upsertRecords(base(), films(), {
      fieldsToMergeOn: [field('Title')],
      records: [
        { fields: { [field('Title')]: 'Solaris', [field('Gross')]: 1 } },
        { fields: { [field('Title')]: 'Mirror' } },
        { id: named?.id ?? '', fields: { [field('Gross')]: 2 } },
      ],
    });
    expect(answer.updatedRecords).toEqual(expect.arrayContaining([known?.id, named?.id]));
    expect(answer.createdRecords).toHaveLength(1);
    expect(answer.records.map((record) => record.fields[field('Gross')])).toEqual([1, undefined, 2]);
  });

  it('clears what is not named where it replaces', async () => {
    const title = { [field('Title')]: 'Nostalghia' };
    await w.client.createRecords(base(), films(), [{ ...title, [field('Gross')]: 3 }]);
    const { records } = await w.client.upsertRecords(base(), films(), {
      fieldsToMergeOn: ['Title'],
      records: [{ fields: title }],
      mode: 'replace',
    });
    expect(first(records).fields).toEqual(title);
  });

  it('is refused when a key finds two records', async () => {
    await create('Twins', 'Twins');
    const upsert = {
      fieldsToMergeOn: [field('Title')],
      records: [{ fields: { [field('Title')]: 'Twins' } }],
    };
    expect(await failureOf(w.client.upsertRecords(base(), films(), upsert))).toMatchObject({
      kind: 'InvalidInput',
      details: { mayHaveLanded: false },
    });
  });
});

describe('listing records of the engine', () => {
  it('filters, sorts, chooses fields and counts comments', async () => {
    const [a, b] = await create('List A', 'List B');
    const place = { baseId: base(), tableId: films(), recordId: a?.id ?? '' };
    await w.client.createComment(place, { text: 'seen twice' });
    const query = {
      filterByFormula: "FIND('List ', {Title}) = 1",
      sort: [{ field: 'Title', direction: 'desc' as const }],
      fields: ['Title'],
      commentCounts: true,
    };
    const records = await allPages(w.client.listRecords(base(), films(), query));
    expect(records.map(({ id, commentCount }) => [id, commentCount])).toEqual([
      [b?.id, 0],
      [a?.id, 1],
    ]);
  });

  it('gives cells as text where a time zone and a locale say how', async () => {
    const { id } = first(await w.client.createRecords(base(), films(), [{ [field('Gross')]: 7 }]));
    const text = { cellFormat: 'string', timeZone: 'Europe/London', userLocale: 'en-gb' } as const;
    const query = { ...text, filterByFormula: `RECORD_ID()='${id}'` };
    const [listed] = await allPages(w.client.listRecords(base(), films(), query));
    expect(listed?.fields[field('Gross')]).toBe('7.0');
    const record = await w.client.getRecord(base(), films(), id, text);
    expect(record.fields[field('Gross')]).toBe('7.0');
  });

  it('goes page by page to the end', async () => {
    const made = await create('Page 1', 'Page 2', 'Page 3');
    const query = { pageSize: 2, filterByFormula: "FIND('Page ', {Title}) = 1" };
    const sizes: number[] = [];
    for await (const page of w.client.listRecords(base(), films(), query)) sizes.push(page.length);
    expect(sizes.reduce((sum, size) => sum + size, 0)).toBe(made.length);
    expect(Math.max(...sizes)).toBe(2);
  });
});

describe('getting a record of the engine, which ignores the table as Airtable does', () => {
  it('refuses a record of another table, whatever the caller knows of fields', async () => {
    const { id } = first(await create('Not a director'));
    const known = w.engine.base.tables.find((table) => table.id === directors())?.fields.map((f) => f.id);
    for (const fieldIds of [undefined, [], known]) {
      expect(await failureOf(w.client.getRecord(base(), directors(), id, { fieldIds }))).toMatchObject({
        kind: 'NotFound',
        code: 'record_in_other_table',
      });
    }
  });

  it('costs one request where the caller knows a field, and one schema otherwise', async () => {
    const { id } = first(await create('Cheap'));
    const get = (fieldIds?: string[]) => w.client.getRecord(base(), films(), id, { fieldIds });
    expect(await w.countRequests(() => get([field('Gross'), field('Title')]))).toBe(1);
    expect(await w.countRequests(() => get())).toBe(2);
    expect((await get()).fields).toEqual({ [field('Title')]: 'Cheap' });
  });

  it('looks a record without cells up in the table, since it tells nothing', async () => {
    const { id } = first(await w.client.createRecords(base(), films(), [{}]));
    expect(await w.client.getRecord(base(), films(), id)).toMatchObject({ id, fields: {} });
    const fieldIds = [w.engine.field('Directors', 'Name')];
    for (const options of [{}, { fieldIds }])
      expect(await failureOf(w.client.getRecord(base(), directors(), id, options))).toMatchObject({
        code: 'record_in_other_table',
      });
  });

  it('needs no more than the right to read records', async () => {
    w.engine.grant('records-only', { scopes: ['data.records:read'] });
    const reader = await w.clientOf('records-only');
    const { id } = first(await create('Read'));
    expect(await reader.getRecord(base(), films(), id)).toMatchObject({ id });
    expect(await failureOf(reader.getRecord(base(), directors(), id))).toMatchObject({
      code: 'record_in_other_table',
    });
  });

  it('says that there is none when there is none', async () => {
    const none = 'recAAAAAAAAAAAAAA';
    expect(await failureOf(w.client.getRecord(base(), films(), none))).toMatchObject({
      kind: 'NotFound',
      code: 'airtable_not_found',
    });
  });
});
