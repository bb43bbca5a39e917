import { empty, startFilmBase, type FilmBase } from './film-base';

let s: FilmBase;
beforeAll(async () => {
  s = await startFilmBase();
  await empty(s.films);
  for (let i = 0; i < 3; i++) {
    const ten = Array.from({ length: 10 }, (_, n) => ({
      fields: { Title: `F${i * 10 + n}`, Gross: n, Rating: 'R', Released: `19${70 + n}-05-25` },
    }));
    await s.films.create(ten);
  }
});
afterAll(async () => {
  await s.close();
  expect(s.engine.faults).toEqual([]);
});

const titles = (records: readonly { get(name: string): unknown }[]) => records.map((r) => r.get('Title'));
const query = {
  pageSize: 4,
  sort: [{ field: 'Gross', direction: 'desc' as const }, { field: 'Title' }],
  filterByFormula: "AND({Gross} >= 7, {Rating} = 'R')",
  fields: ['Title'],
};
const EXPECTED = ['F19', 'F29', 'F9', 'F18', 'F28', 'F8', 'F17', 'F27', 'F7'];

describe.each(['get', 'post'])('by %s', (method) => {
  test('page by page', async () => {
    const pages: unknown[][] = [];
    await s.films.select({ ...query, method }).eachPage((records, next) => {
      pages.push(titles(records));
      next();
    });
    expect(pages.map((page) => page.length)).toEqual([4, 4, 1]);
    expect(pages.flat()).toEqual(EXPECTED);
  });

  test('all, the first page, and as many as wanted', async () => {
    const all = await s.films.select({ ...query, method }).all();
    expect(titles(all)).toEqual(EXPECTED);
    expect(all.map((record) => Object.keys(record.fields))).toEqual(EXPECTED.map(() => ['Title']));
    expect(titles(await s.films.select({ ...query, method }).firstPage())).toEqual(EXPECTED.slice(0, 4));
    expect(titles(await s.films.select({ ...query, method, maxRecords: 5 }).all())).toEqual(
      EXPECTED.slice(0, 5),
    );
    expect(await s.films.select({ method }).all()).toHaveLength(30);
  });

  test('through a view', async () => {
    const [view] = s.tables.find((table) => table.name === 'Films')?.views ?? [];
    expect(await s.films.select({ method, view: view?.name ?? '' }).all()).toHaveLength(30);
    expect(await s.films.select({ method, view: view?.id ?? '', maxRecords: 3 }).all()).toHaveLength(3);
  });

  test('cells as text', async () => {
    const [record] = await s.films
      .select({
        method,
        filterByFormula: "{Title} = 'F9'",
        cellFormat: 'string',
        timeZone: 'Europe/Berlin',
        userLocale: 'en-gb',
      })
      .all();
    expect(record?.fields).toEqual({ Title: 'F9', Gross: '9.0', Rating: 'R', Released: '25/5/1979' });
  });

  test('by field id', async () => {
    const [record] = await s.films
      .select({ ...query, method, returnFieldsByFieldId: true, maxRecords: 1 })
      .all();
    expect(record?.fields).toEqual({ [s.field('Title')]: 'F19' });
  });

  test('with the number of comments', async () => {
    const [record] = await s.films.select({ ...query, method, recordMetadata: ['commentCount'] }).all();
    expect(record?.commentCount).toBe(0);
  });
});

test('a formula that is too long for an address goes by POST, with what stays in the address', async () => {
  const filterByFormula = `OR({Title}='F3', ${"{Title}='nothing', ".repeat(900)} FALSE())`;
  const text = { cellFormat: 'string' as const, timeZone: 'Europe/Berlin', userLocale: 'en-gb' };
  const found = await s.films.select({ filterByFormula, ...text, fields: ['Title', 'Released'] }).all();
  expect(found.map((record) => record.fields)).toEqual([{ Title: 'F3', Released: '25/5/1973' }]);
});

test('a page that is asked for after a change goes on where the last one ended', async () => {
  const seen: unknown[] = [];
  await s.films.select({ sort: [{ field: 'Title' }], pageSize: 10 }).eachPage((records, next) => {
    seen.push(...titles(records));
    void s.films.create({ Title: `A${seen.length}` }).then(next, next);
  });
  expect(seen).toHaveLength(30);
  expect(new Set(seen).size).toBe(30);
});

test('the deprecated ways', async () => {
  const listed: unknown = await s.base.makeRequest({ path: '/Films', qs: { maxRecords: 2 } });
  expect(listed).toMatchObject({ statusCode: 200, body: { records: [{}, {}] } });
});
