import { createEngineFixture, type EngineFixture } from './engine-fixture';

let f: EngineFixture;
const ids = Array.from({ length: 1_203 }, (_, i) => `rec${String(i).padStart(14, '0')}`);
const director = 'recDirector000001';

beforeAll(async () => {
  f = await createEngineFixture();
  await f.run(async (tx) => {
    await f.engine.loadRecords(tx, f.workspaceId, f.base.id, 'Directors', [
      { id: director, fields: { Name: 'Ann Lee' } },
    ]);
    await f.engine.loadRecords(
      tx,
      f.workspaceId,
      f.base.id,
      'Films',
      ids.map((id, i) => ({
        id,
        createdTime: new Date(Date.UTC(2020, 0, 1) + i * 60_000).toISOString(),
        fields: {
          Title: `Film ${i % 7}`,
          Gross: i % 3 === 0 ? null : i,
          Rating: i % 2 ? 'R' : null,
          Director: i < 3 ? [director] : [],
        },
      })),
    );
  });
});
afterAll(() => f.database.drop());

const list = (query: Record<string, unknown>) =>
  f.run((tx) => f.engine.listRecords(tx, f.workspaceId, f.base.id, 'Films', query));

async function all(query: Record<string, unknown>): Promise<string[]> {
  const found: string[] = [];
  let offset: string | undefined;
  do {
    const page = await list({ ...query, ...(offset && { offset }) });
    found.push(...page.records.map((r) => r.id));
    offset = page.offset;
  } while (offset !== undefined);
  return found;
}

test('loading thousands keeps the other side of their links', async () => {
  const record = await f.run((tx) => f.engine.getRecord(tx, f.workspaceId, f.base.id, 'Directors', director));
  expect(record.fields['Films']).toEqual(ids.slice(0, 3));
});

test('pages cover the table once, in the order of creation', async () => {
  expect(await all({})).toEqual(ids);
  expect(await all({ maxRecords: 250, pageSize: 99 })).toEqual(ids.slice(0, 250));
});

test('sorting by several fields pages without losses, empty cells first when ascending', async () => {
  const sort = [
    { field: 'Rating', direction: 'desc' },
    { field: 'Title' },
    { field: 'Gross', direction: 'desc' },
  ];
  const found = await all({ sort });
  const gross = (i: number) => (i % 3 === 0 ? -1 : i);
  const expected = ids
    .map((_, i) => i)
    .sort((a, b) => (b % 2) - (a % 2) || (a % 7) - (b % 7) || gross(b) - gross(a) || a - b);
  expect(found).toEqual(expected.map((i) => ids[i]));
});

test('sorting by long texts pages with offsets that fit into an address', async () => {
  const long = (start: string, end: number) => `${start}${'ö'.repeat(50_000)}${end}`;
  const names = [long('c', 1), long('a', 2), long('b', 1), long('a', 1)];
  const made = await f.run((tx) =>
    f.engine.loadRecords(
      tx,
      f.workspaceId,
      f.base.id,
      'Directors',
      names.map((Name) => ({ fields: { Name } })),
    ),
  );
  const found: string[] = [];
  let offset: string | undefined;
  do {
    const query = { pageSize: 1, sort: [{ field: 'Name' }], ...(offset && { offset }) };
    const page = await f.run((tx) => f.engine.listRecords(tx, f.workspaceId, f.base.id, 'Directors', query));
    found.push(...page.records.map((record) => record.id));
    offset = page.offset;
    expect(offset?.length ?? 0).toBeLessThan(5_000);
  } while (offset !== undefined);
  // Of texts that begin alike the older comes first.
  expect(found.filter((id) => id !== director)).toEqual([made[1], made[3], made[2], made[0]]);
  await f.run((tx) => f.engine.deleteRecords(tx, f.workspaceId, f.base.id, 'Directors', made));
});

test('a filter walks a table larger than its batches, with paging and sorting', async () => {
  const expected = ids.filter((_, i) => i % 3 !== 0 && i % 7 === 2);
  const filterByFormula = "AND({Title}='Film 2', {Gross}!=BLANK())";
  expect(await all({ filterByFormula, pageSize: 50 })).toEqual(expected);
  const sort = [{ field: 'Gross', direction: 'desc' }];
  expect(await all({ filterByFormula, sort, pageSize: 50 })).toEqual([...expected].reverse());
});

test('records by id are read by the database, not row by row', async () => {
  const wanted = [ids[5], ids[900], ids[77]];
  const filterByFormula = `OR(${wanted.map((id) => `RECORD_ID()='${id}'`).join(', ')})`;
  expect((await all({ filterByFormula })).sort()).toEqual([ids[5], ids[77], ids[900]]);
  expect(await all({ filterByFormula: "RECORD_ID()='not an id'" })).toEqual([]);
});

test('records created after a moment', async () => {
  const filterByFormula = "AND(IS_AFTER(CREATED_TIME(), '2020-01-01T20:00:00.000Z'), {Title}='Film 6')";
  expect(await all({ filterByFormula })).toEqual(ids.filter((_, i) => i > 1200 && i % 7 === 6));
});

test('a link reads as the primary cells of its records', async () => {
  expect(await all({ filterByFormula: "{Director}='Ann Lee'" })).toEqual(ids.slice(0, 3));
  const page = await list({ maxRecords: 1, cellFormat: 'string', timeZone: 'utc', userLocale: 'en' });
  expect(page.records[0]?.fields).toEqual({ Title: 'Film 0', Director: 'Ann Lee' });
});

test('chosen fields, and fields by id', async () => {
  const page = await list({ maxRecords: 1, fields: ['Title'], returnFieldsByFieldId: true });
  expect(page.records[0]?.fields).toEqual({ [f.field('Films', 'Title')]: 'Film 0' });
});

const refused: [Record<string, unknown>, string][] = [
  [{ pageSize: 101 }, 'INVALID_REQUEST_UNKNOWN'],
  [{ pageSize: 'x' }, 'INVALID_REQUEST_UNKNOWN'],
  [{ maxRecords: 0 }, 'INVALID_REQUEST_UNKNOWN'],
  [{ fields: ['Nope'] }, 'UNKNOWN_FIELD_NAME'],
  [{ sort: [{ field: 'Nope' }] }, 'UNKNOWN_FIELD_NAME'],
  [{ view: 'Nope' }, 'VIEW_NAME_NOT_FOUND'],
  [{ offset: 'itrNonsense' }, 'LIST_RECORDS_ITERATOR_NOT_AVAILABLE'],
  [{ cellFormat: 'string' }, 'INVALID_REQUEST_UNKNOWN'],
  [{ filterByFormula: 'AND(' }, 'INVALID_FILTER_BY_FORMULA'],
  [{ filterByFormula: '('.repeat(1_000) + '1' + ')'.repeat(1_000) }, 'INVALID_FILTER_BY_FORMULA'],
  [{ filterByFormula: 'NOT('.repeat(1_000) + '1' + ')'.repeat(1_000) }, 'INVALID_FILTER_BY_FORMULA'],
  [{ filterByFormula: '-'.repeat(1_000) + '1' }, 'INVALID_FILTER_BY_FORMULA'],
];
test.each(refused)('query %# is refused', async (query, type) => {
  await expect(list(query)).rejects.toEqual(expect.objectContaining({ type, status: 422 }));
});

test('an unknown field is named, in lower case', async () => {
  await expect(list({ filterByFormula: "{Directr}='x'" })).rejects.toThrow(
    'The formula for filtering records is invalid: Unknown field names: directr',
  );
});

test('an offset of another query is stale', async () => {
  const { offset } = await list({ pageSize: 10 });
  await expect(list({ pageSize: 10, offset, filterByFormula: '1' })).rejects.toEqual(
    expect.objectContaining({ type: 'LIST_RECORDS_ITERATOR_NOT_AVAILABLE' }),
  );
});
