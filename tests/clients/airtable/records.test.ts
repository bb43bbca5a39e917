import { empty, startFilmBase, type FilmBase } from './film-base';

let s: FilmBase;
beforeAll(async () => {
  s = await startFilmBase();
});
beforeEach(() => Promise.all([empty(s.films), empty(s.directors)]));
afterAll(async () => {
  await s.close();
  expect(s.engine.faults).toEqual([]);
});

const ten = <T>(make: (n: number) => T) => Array.from({ length: 10 }, (_, n) => make(n));

test('one record is created, found, updated, replaced and destroyed', async () => {
  const made = await s.films.create({ Title: 'Alien', Gross: 104.9, Seen: true });
  expect(made.id).toMatch(/^rec\w{14}$/);
  expect(made.fields).toEqual({ Title: 'Alien', Gross: 104.9, Seen: true });
  const found = await s.films.find(made.id);
  expect(found.fields).toEqual(made.fields);
  expect(found.getId()).toBe(made.id);
  expect((await s.films.update(made.id, { Seen: false, Gross: 105 })).fields).toEqual({
    Title: 'Alien',
    Gross: 105,
  });
  expect((await s.films.replace(made.id, { Title: 'Aliens' })).fields).toEqual({ Title: 'Aliens' });
  expect((await s.films.destroy(made.id)).id).toBe(made.id);
  await expect(s.films.find(made.id)).rejects.toMatchObject({ statusCode: 404, error: 'NOT_FOUND' });
});

test('ten records at once', async () => {
  const made = await s.films.create(ten((n) => ({ fields: { Title: `Film ${n}`, Gross: n } })));
  expect(made.map((record) => record.fields)).toEqual(ten((n) => ({ Title: `Film ${n}`, Gross: n })));
  const ids = made.map((record) => record.id);
  const updated = await s.films.update(ids.map((id, n) => ({ id, fields: { Gross: n + 10 } })));
  expect(updated.map((record) => [record.id, record.fields])).toEqual(
    ids.map((id, n) => [id, { Title: `Film ${n}`, Gross: n + 10 }]),
  );
  const replaced = await s.films.replace(ids.map((id) => ({ id, fields: { Title: 'x' } })));
  expect(replaced.map((record) => record.fields)).toEqual(ten(() => ({ Title: 'x' })));
  expect((await s.films.destroy(ids)).map((record) => record.id)).toEqual(ids);
  expect(await s.films.select().all()).toEqual([]);
});

test('eleven are refused as a whole', async () => {
  const eleven = [...ten(() => ({ fields: { Title: 'x' } })), { fields: { Title: 'x' } }];
  await expect(s.films.create(eleven)).rejects.toMatchObject({ statusCode: 422, error: 'INVALID_RECORDS' });
  expect(await s.films.select().all()).toEqual([]);
});

test('a record’s own methods', async () => {
  const record = await s.films.create({ Title: 'Alien', Gross: 1 });
  record.set('Title', 'Aliens');
  await record.save();
  expect((await s.films.find(record.id)).fields).toEqual({ Title: 'Aliens', Gross: 1 });
  await record.patchUpdate({ Gross: 2 });
  expect(record.fields).toEqual({ Title: 'Aliens', Gross: 2 });
  await record.putUpdate({ Gross: 3 });
  expect(record.fields).toEqual({ Gross: 3 });
  await s.films.update(record.id, { Notes: 'behind its back' });
  expect((await record.fetch()).get('Notes')).toBe('behind its back');
  await record.destroy();
  await expect(record.fetch()).rejects.toMatchObject({ statusCode: 404 });
});

test('callbacks work as promises do', async () => {
  const made = await new Promise((resolve, reject) =>
    s.films.create({ Title: 'Alien' }, (error: unknown, record) =>
      error instanceof Error || !record
        ? reject(new Error('refused', { cause: error }))
        : resolve(record.get('Title')),
    ),
  );
  expect(made).toBe('Alien');
});

test('every type is written and read', async () => {
  const { ada, grace } = s.engine.world.people;
  const ridley = await s.directors.create({ Name: 'Ridley Scott' });
  const cells = {
    Title: 'Ünïcode 🎬',
    Notes: 'two\nlines',
    Review: '**bold**\n',
    Site: 'https://example.com/a?b=c',
    Contact: 'ada@example.com',
    Phone: '+49 30 123456',
    Gross: -0.5,
    Price: 1234.5,
    Share: 0.123,
    Stars: 4,
    Length: 7_384,
    Seen: true,
    Rating: 'R',
    Genres: ['War', 'Drama'],
    Released: '1979-05-25',
    Shown: '2024-02-29T23:59:58.000Z',
    Code: { text: '01234567', type: 'upce' },
    Director: [ridley.id],
  };
  const people = { Owner: { id: grace.id }, Fans: [{ id: grace.id }, { id: ada.id }] };
  // The package's types know no barcode and no collaborator that is named by its id alone.
  const made = await s.films.create([{ fields: { ...cells, ...people } as never }]);
  const read = { ...cells, Owner: grace, Fans: [grace, ada] };
  expect(made[0]?.fields).toEqual(read);
  expect((await s.films.find(made[0]?.id ?? '')).fields).toEqual(read);
  expect((await s.directors.find(ridley.id)).get('Films')).toEqual([made[0]?.id]);
  const nothing = Object.fromEntries(Object.keys(read).map((name) => [name, null]));
  expect((await s.films.update(made[0]?.id ?? '', nothing as never)).fields).toEqual({});
  expect((await s.directors.find(ridley.id)).get('Films')).toBeUndefined();
});

test('typecast reads texts, and makes options and linked records', async () => {
  const cells = {
    Gross: '1.5',
    Price: '$1,200',
    Share: '12%',
    Seen: 'true',
    Rating: 'NC-17',
    Director: 'Ridley Scott',
  };
  await expect(s.films.create(cells)).rejects.toMatchObject({ statusCode: 422 });
  const made = await s.films.create([{ fields: cells }], { typecast: true });
  const [ridley] = await s.directors.select().all();
  expect(ridley?.get('Name')).toBe('Ridley Scott');
  expect(made[0]?.fields).toEqual({
    Gross: 1.5,
    Price: 1200,
    Share: 0.12,
    Seen: true,
    Rating: 'NC-17',
    Director: [ridley?.id],
  });
  const updated = await s.films.update(made[0]?.id ?? '', { Rating: 'G' }, { typecast: true });
  expect(updated.get('Rating')).toBe('G');
  const replaced = await s.films.replace([{ id: updated.id, fields: { Gross: '2' } }], { typecast: true });
  expect(replaced[0]?.fields).toEqual({ Gross: 2 });
});
