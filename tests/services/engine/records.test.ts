import { z } from 'zod';
import type { AirtableRecord } from '../../../contracts/airtable';
import { createEngineFixture, NOW, type EngineFixture } from './engine-fixture';

let f: EngineFixture;
beforeAll(async () => {
  f = await createEngineFixture();
});
afterAll(() => f.database.drop());

const create = (table: string, fields: Record<string, unknown>, typecast = false) =>
  f.run((tx) => f.engine.createRecord(tx, f.workspaceId, f.base.id, table, { fields, typecast }));
const read = (id: string): Promise<AirtableRecord> =>
  f.run((tx) => f.engine.getRecord(tx, f.workspaceId, f.base.id, 'Films', id));
const patch = (table: string, id: string, fields: Record<string, unknown>, typecast = false) =>
  f.run((tx) => f.engine.updateRecord(tx, f.workspaceId, f.base.id, table, id, { fields, typecast }));
const refusal = (type: string): unknown => expect.objectContaining({ type });

describe('a cell of each type', () => {
  const MISSING = 'recAAAAAAAAAAAAAA';
  const takes: [string, unknown, unknown][] = [
    ['Title', 'Alien', 'Alien'],
    ['Notes', 'two\nlines 🎬', 'two\nlines 🎬'],
    ['Gross', 0, 0],
    ['Gross', -12.25, -12.25],
    ['Released', '1979-05-25', '1979-05-25'],
    ['Released', '1979-05-25T10:00:00.000Z', '1979-05-25'],
    ['Seen', true, true],
    ['Rating', 'R', 'R'],
    ['Genres', ['War', 'Drama', 'War'], ['War', 'Drama']],
    ['Site', 'https://example.com', 'https://example.com'],
    ['Contact', 'a@example.com', 'a@example.com'],
  ];
  test.each(takes)('%s takes %j and gives %j', async (name, written, given) => {
    expect((await create('Films', { [name]: written })).fields).toEqual({ [name]: given });
  });

  const refuses: [string, unknown, string][] = [
    ['Title', 5, 'INVALID_VALUE_FOR_COLUMN'],
    ['Title', 'a\u0000b', 'INVALID_VALUE_FOR_COLUMN'],
    ['Title', 'half \ud83d', 'INVALID_VALUE_FOR_COLUMN'],
    ['Title', { a: 1 }, 'INVALID_VALUE_FOR_COLUMN'],
    ['Gross', '5', 'INVALID_VALUE_FOR_COLUMN'],
    ['Gross', Number('1e999'), 'INVALID_VALUE_FOR_COLUMN'],
    ['Gross', true, 'INVALID_VALUE_FOR_COLUMN'],
    ['Gross', false, 'INVALID_VALUE_FOR_COLUMN'],
    ['Released', '1979-02-30', 'INVALID_VALUE_FOR_COLUMN'],
    ['Released', 'yesterday', 'INVALID_VALUE_FOR_COLUMN'],
    ['Seen', 'true', 'INVALID_VALUE_FOR_COLUMN'],
    ['Rating', 'PG-13', 'INVALID_MULTIPLE_CHOICE_OPTIONS'],
    ['Rating', ['R'], 'INVALID_VALUE_FOR_COLUMN'],
    ['Genres', 'Drama', 'INVALID_VALUE_FOR_COLUMN'],
    ['Genres', ['Horror'], 'INVALID_MULTIPLE_CHOICE_OPTIONS'],
    ['Director', ['nobody'], 'INVALID_VALUE_FOR_COLUMN'],
    ['Director', [MISSING], 'ROW_DOES_NOT_EXIST'],
    ['Director', [{ id: MISSING }], 'INVALID_VALUE_FOR_COLUMN'],
    ['Nonsense', 1, 'UNKNOWN_FIELD_NAME'],
    ['__proto__x', 1, 'UNKNOWN_FIELD_NAME'],
  ];
  test.each(refuses)('%s refuses %j with %s', async (name, written, type) => {
    await expect(create('Films', { [name]: written })).rejects.toEqual(refusal(type));
  });

  test('null, "", [] and false clear, and empty cells are left out of answers', async () => {
    const full = { Title: 'x', Gross: 1, Seen: true, Genres: ['War'], Released: '2000-01-01', Rating: 'R' };
    const { id } = await create('Films', full);
    const empty = { Title: '', Gross: null, Seen: false, Genres: [], Released: null, Rating: '' };
    expect((await patch('Films', id, empty)).fields).toEqual({});
    expect((await read(id)).fields).toEqual({});
  });

  test('text beyond 100,000 characters is refused', async () => {
    await expect(create('Films', { Notes: 'x'.repeat(100_001) })).rejects.toEqual(
      refusal('INVALID_VALUE_FOR_COLUMN'),
    );
  });

  test('the refusal of a select option is in Airtable’s words', async () => {
    await expect(create('Films', { Rating: 'PG-13' })).rejects.toThrow(
      'Insufficient permissions to create new select option ""PG-13""',
    );
  });
});

describe('typecast', () => {
  test('converts text, creates options, and clears what does not parse', async () => {
    const written = {
      Title: 7,
      Gross: '$1,200.5',
      Seen: 'checked',
      Rating: 'NC-17',
      Genres: 'War, Horror',
      Released: 'soon',
    };
    const record = await create('Films', written, true);
    expect(record.fields).toEqual({
      Title: '7',
      Gross: 1200.5,
      Seen: true,
      Rating: 'NC-17',
      Genres: ['War', 'Horror'],
    });
    const schema = await f.run((tx) => f.engine.getSchema(tx, f.workspaceId, f.base.id));
    const rating = schema.tables.find((t) => t.name === 'Films')?.fields.find((x) => x.name === 'Rating');
    expect(rating?.options?.['choices']).toHaveLength(3);
    expect((await create('Films', { Rating: 'NC-17' })).fields).toEqual({ Rating: 'NC-17' });
  });

  test('a link by text finds the record with that primary cell, or makes it', async () => {
    const ridley = await create('Directors', { Name: 'Ridley' });
    const film = await create('Films', { Director: ['Ridley', 'Tony'] }, true);
    const [first = '', second = ''] = z.array(z.string()).parse(film.fields['Director']);
    expect(first).toBe(ridley.id);
    expect((await read(second)).fields).toEqual({ Name: 'Tony', Films: [film.id] });
  });
});

describe('links and their other side', () => {
  test('follow create, update, replace and delete', async () => {
    const a = await create('Directors', { Name: 'A' });
    const b = await create('Directors', { Name: 'B' });
    const film = await create('Films', { Title: 'x', Director: [a.id] });
    expect((await read(a.id)).fields['Films']).toEqual([film.id]);
    await patch('Films', film.id, { Director: [b.id, a.id] });
    expect((await read(film.id)).fields['Director']).toEqual([b.id, a.id]);
    expect((await read(b.id)).fields['Films']).toEqual([film.id]);
    await patch('Directors', b.id, { Films: [] });
    expect((await read(film.id)).fields['Director']).toEqual([a.id]);
    await f.run((tx) =>
      f.engine.replaceRecord(tx, f.workspaceId, f.base.id, 'Films', film.id, { fields: { Title: 'y' } }),
    );
    expect((await read(a.id)).fields).toEqual({ Name: 'A' });
    await patch('Films', film.id, { Director: [a.id] });
    await f.run((tx) => f.engine.deleteRecord(tx, f.workspaceId, f.base.id, 'Directors', a.id));
    expect((await read(film.id)).fields).toEqual({ Title: 'y' });
  });

  test('a table’s links to itself have no other side, but lose deleted records', async () => {
    const first = await create('Films', { Title: '1' });
    const second = await create('Films', { Title: '2' });
    const third = await create('Films', { Title: '3', Sequels: [first.id, second.id] });
    const fourth = await create('Films', { Title: '4', Sequels: [first.id] });
    await f.run((tx) => f.engine.deleteRecord(tx, f.workspaceId, f.base.id, 'Films', first.id));
    expect((await read(third.id)).fields).toEqual({ Title: '3', Sequels: [second.id] });
    expect((await read(fourth.id)).fields).toEqual({ Title: '4' });
  });

  test('two writers on the same linked record lose nothing', async () => {
    const director = await create('Directors', { Name: 'Busy' });
    const films = await Promise.all(
      Array.from({ length: 24 }, (_, i) => create('Films', { Title: `c${i}`, Director: [director.id] })),
    );
    const linked = (await read(director.id)).fields['Films'];
    expect(Array.isArray(linked) && [...linked].sort()).toEqual(films.map((film) => film.id).sort());
  });
});

describe('batches', () => {
  const films = (records: unknown[], more = {}) => ({ records, ...more });

  test('are all or nothing, and take at most ten', async () => {
    const count = async () =>
      (await f.database.admin.query<{ n: number }>('SELECT count(*)::int AS n FROM engine_records')).rows[0]
        ?.n;
    const before = await count();
    const bad = films([{ fields: { Title: 'ok' } }, { fields: { Gross: 'no' } }]);
    await expect(
      f.run((tx) => f.engine.createRecords(tx, f.workspaceId, f.base.id, 'Films', bad)),
    ).rejects.toEqual(refusal('INVALID_VALUE_FOR_COLUMN'));
    const eleven = films(Array.from({ length: 11 }, () => ({ fields: {} })));
    await expect(
      f.run((tx) => f.engine.createRecords(tx, f.workspaceId, f.base.id, 'Films', eleven)),
    ).rejects.toEqual(refusal('INVALID_RECORDS'));
    expect(await count()).toBe(before);
  });

  test('answer in the order of the request', async () => {
    const made = await f.run((tx) =>
      f.engine.createRecords(
        tx,
        f.workspaceId,
        f.base.id,
        'Films',
        films([{ fields: { Title: 'p' } }, { fields: { Title: 'q' } }]),
      ),
    );
    expect(made.map((r) => r.fields['Title'])).toEqual(['p', 'q']);
    expect(made[0]?.createdTime).toBe(NOW.toISOString());
    const records = [...made].reverse().map(({ id }, i) => ({ id, fields: { Gross: i } }));
    const updated = await f.run((tx) =>
      f.engine.updateRecords(tx, f.workspaceId, f.base.id, 'Films', films(records)),
    );
    expect(updated.map((r) => r.fields)).toEqual([
      { Title: 'q', Gross: 0 },
      { Title: 'p', Gross: 1 },
    ]);
    const replaced = await f.run((tx) =>
      f.engine.replaceRecords(tx, f.workspaceId, f.base.id, 'Films', films(records)),
    );
    expect(replaced.map((r) => r.fields)).toEqual([{ Gross: 0 }, { Gross: 1 }]);
  });

  test('an upsert updates what the keys find, creates what they do not, and refuses two finds', async () => {
    const upsert = (records: unknown[], fieldsToMergeOn = ['Title', 'Gross']) =>
      f.run((tx) =>
        f.engine.upsertRecords(tx, f.workspaceId, f.base.id, 'Films', 'merge', {
          records,
          performUpsert: { fieldsToMergeOn },
        }),
      );
    const known = await create('Films', { Title: 'up', Gross: 5 });
    const answer = await upsert([
      { fields: { Title: 'up', Gross: 5.0, Seen: true } },
      { fields: { Title: 'up', Gross: 6 } },
      { fields: { Title: 'no key' } },
    ]);
    expect(answer.updatedRecords).toEqual([known.id]);
    expect(answer.createdRecords).toHaveLength(2);
    expect(answer.records.map((r) => r.id)).toEqual([known.id, ...answer.createdRecords]);
    expect(answer.records[0]?.fields).toEqual({ Title: 'up', Gross: 5, Seen: true });
    await expect(upsert([{ fields: { Title: 'up' } }], ['Title'])).rejects.toEqual(
      refusal('INVALID_REQUEST_UNKNOWN'),
    );
    await expect(upsert([{ id: 'recAAAAAAAAAAAAAA', fields: {} }])).rejects.toEqual(
      refusal('ROW_DOES_NOT_EXIST'),
    );
    await expect(upsert([{ fields: {} }], ['Director'])).rejects.toEqual(refusal('INVALID_REQUEST_UNKNOWN'));
  });

  test('reading one record does not look at the table of the path', async () => {
    const director = await create('Directors', { Name: 'Anywhere' });
    expect((await read(director.id)).fields).toEqual({ Name: 'Anywhere' });
    await expect(patch('Films', director.id, { Title: 'x' })).rejects.toEqual(refusal('NOT_FOUND'));
  });
});
