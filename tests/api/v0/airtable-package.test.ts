import Airtable from 'airtable';
import { startEngineServer, type EngineServer } from './engine-server';

let s: EngineServer;
let base: Airtable.Base;
beforeAll(async () => {
  s = await startEngineServer();
  base = new Airtable({ apiKey: 'full', endpointUrl: s.url, noRetryIfRateLimited: true }).base(s.base.id);
});
afterAll(() => s.close());

test('creates, finds, updates, replaces and destroys', async () => {
  const one = await base('Directors').create({ Name: 'Ridley Scott' });
  const made = await base('Films').create([
    { fields: { Title: 'Alien', Gross: 104.9, Director: [one.id] } },
    { fields: { Title: 'Legend' } },
  ]);
  const [alien, legend] = made;
  if (!alien || !legend) throw new Error('two films were made');
  expect(alien.get('Director')).toEqual([one.id]);
  expect((await base('Directors').find(one.id)).get('Films')).toEqual([alien.id]);
  const updated = await base('Films').update([{ id: alien.id, fields: { Seen: true } }]);
  expect(updated[0]?.fields).toEqual({ Title: 'Alien', Gross: 104.9, Director: [one.id], Seen: true });
  expect((await base('Films').update(legend.id, { Seen: true })).fields).toEqual({
    Title: 'Legend',
    Seen: true,
  });
  expect((await base('Films').replace(alien.id, { Title: 'Aliens' })).fields).toEqual({ Title: 'Aliens' });
  const replaced = await base('Films').replace([{ id: legend.id, fields: { Title: 'Legend 2' } }]);
  expect(replaced[0]?.fields).toEqual({ Title: 'Legend 2' });
  expect((await base('Films').destroy([alien.id, legend.id])).map((r) => r.id)).toEqual([
    alien.id,
    legend.id,
  ]);
  await expect(base('Films').find(alien.id)).rejects.toMatchObject({ statusCode: 404, error: 'NOT_FOUND' });
  expect((await base('Directors').destroy(one.id)).id).toBe(one.id);
});

test('lists with pages, sort, filter and chosen fields, by GET and by POST', async () => {
  for (let i = 0; i < 3; i++) {
    await base('Films').create(
      Array.from({ length: 10 }, (_, n) => ({ fields: { Title: `F${i * 10 + n}`, Gross: n, Rating: 'R' } })),
    );
  }
  const query = {
    pageSize: 4,
    sort: [{ field: 'Gross', direction: 'desc' as const }, { field: 'Title' }],
    filterByFormula: "AND({Gross} >= 7, {Rating} = 'R')",
    fields: ['Title'],
  };
  const expected = ['F19', 'F29', 'F9', 'F18', 'F28', 'F8', 'F17', 'F27', 'F7'];
  const pages: number[] = [];
  const titles: unknown[] = [];
  await base('Films')
    .select(query)
    .eachPage((records, next) => {
      pages.push(records.length);
      titles.push(...records.map((r) => r.get('Title')));
      next();
    });
  expect(titles).toEqual(expected);
  expect(pages).toEqual([4, 4, 1]);
  const posted = await base('Films')
    .select({ ...query, method: 'post' })
    .all();
  expect(posted.map((r) => r.get('Title'))).toEqual(expected);
  expect(await base('Films').select({ maxRecords: 5, view: 'Grid view' }).all()).toHaveLength(5);
  const long = `OR({Title}='F3', ${"{Title}='nothing', ".repeat(900)} FALSE())`;
  expect(await base('Films').select({ filterByFormula: long }).all()).toHaveLength(1);
});

test('typecast creates an option; without it the refusal arrives with its type', async () => {
  await expect(base('Films').create({ Rating: 'NC-17' })).rejects.toMatchObject({
    error: 'INVALID_MULTIPLE_CHOICE_OPTIONS',
    statusCode: 422,
  });
  const made = await base('Films').create([{ fields: { Rating: 'NC-17' } }], { typecast: true });
  expect(made[0]?.get('Rating')).toBe('NC-17');
});
