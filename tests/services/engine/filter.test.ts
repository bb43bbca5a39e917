import * as fc from 'fast-check';
import type { CellValue } from '../../../contracts/airtable';
import { compileFilter, type RecordFilter } from '../../../services/engine/filter';
import { RECORD_COLUMNS, toRecord, type RecordRow } from '../../../services/engine/record-rows';
import { readSurroundings } from '../../../services/engine/surroundings';
import type { ReadContext } from '../../../services/engine/fields/field-type';
import {
  findTable,
  type EngineBase,
  type EngineTable,
  type StoredRecord,
} from '../../../services/engine/schema';
import { createEngineFixture, NOW, type EngineFixture } from './engine-fixture';

let f: EngineFixture;
let base: EngineBase;
let table: EngineTable;
let stored: { readonly records: readonly StoredRecord[]; readonly context: ReadContext };

const NOTHING = { database: [], evaluated: [] };
const SELECTS = { choices: ['PG', 'R', '', '12'].filter(Boolean).map((name) => ({ name })) };
const DATE_TIME = {
  dateFormat: { name: 'iso' },
  timeFormat: { name: '24hour' },
  timeZone: 'utc',
};
const FIELDS = [
  { name: 'Title', type: 'singleLineText' },
  { name: 'Notes', type: 'multilineText' },
  { name: 'Gross', type: 'number', options: { precision: 8 } },
  { name: 'Released', type: 'date', options: { dateFormat: { name: 'iso' } } },
  { name: 'Seen', type: 'checkbox', options: { icon: 'check', color: 'greenBright' } },
  { name: 'Rating', type: 'singleSelect', options: SELECTS },
  { name: 'Genres', type: 'multipleSelects', options: SELECTS },
  { name: 'Premiere', type: 'dateTime', options: DATE_TIME },
  { name: 'Code', type: 'barcode' },
  { name: 'No', type: 'autoNumber' },
  { name: 'Made', type: 'createdTime' },
  { name: 'Director', type: 'multipleRecordLinks', options: { linkedTableId: 'Directors' } },
];
const directors = ['recDirector000001', 'recDirector000002'];

const texts = [
  'a',
  'A',
  'b',
  '',
  ' ',
  '12',
  '-1',
  '2026-03-01',
  'it\'s "q"',
  '\\',
  'é',
  '\uFFFD',
  '\u{1F600}',
  '%_',
];
const numbers = [0, 1, -1, 12, 0.1, 1e21, -1e-7, 12.5, 5e-324, 1.7976931348623157e308];
const days = ['2026-03-01', '2026-02-28', '0050-01-31', '9999-12-31', '2026-12-31', '1969-12-31'];
const moments = ['2026-03-01T12:00:00.000Z', '2026-03-01T00:00:00.001Z', '2026-02-28T23:59:59.999Z'];

const fields = fc.record(
  {
    Title: fc.constantFrom(...texts),
    Notes: fc.constantFrom(...texts),
    Gross: fc.constantFrom(...numbers),
    Released: fc.constantFrom(...days),
    Premiere: fc.constantFrom(...moments, '0050-01-31T00:00:00.000Z'),
    Code: fc.constantFrom('a', '12').map((text) => ({ text })),
    Seen: fc.boolean(),
    Rating: fc.constantFrom('PG', 'R', '12'),
    Genres: fc.uniqueArray(fc.constantFrom('PG', 'R', '12'), { maxLength: 2 }),
    Director: fc.uniqueArray(fc.constantFrom(...directors), { maxLength: 2 }),
  },
  { requiredKeys: [] },
);
const records = fc.array(
  fc.record({
    createdTime: fc.constantFrom(...moments),
    fields,
    id: fc
      .constantFrom('a', 'b', 'c')
      .chain((c) => fc.string({ unit: fc.constantFrom('x', 'y', c), minLength: 14, maxLength: 14 })),
  }),
  { minLength: 30, maxLength: 30 },
);

beforeAll(async () => {
  f = await createEngineFixture();
  const load = (name: string, rows: { id: string; fields: Record<string, CellValue> }[]) =>
    f.run((tx) => f.engine.loadRecords(tx, f.workspaceId, f.base.id, name, rows));
  await f.run((tx) => f.engine.createTable(tx, f.workspaceId, f.base.id, { name: 'All', fields: FIELDS }));
  // One director has no name: a link to a record without a name is a list of an empty text.
  await load('Directors', [
    { id: directors[0] ?? '', fields: { Name: 'Ann Lee' } },
    { id: directors[1] ?? '', fields: {} },
  ]);
  const [rows = []] = fc.sample(records, { seed: 20260301, numRuns: 1 });
  const unique = new Map(rows.map((row) => [`rec${row.id}`, row]));
  await load(
    'All',
    [...unique].map(([id, row]) => ({ ...row, id })),
  );
  base = await f.run((tx) => f.engine.getSchema(tx, f.workspaceId, f.base.id));
  const found = findTable(base, 'All');
  if (!found) throw new Error('the table is not there');
  table = found;
  stored = await readAll();
});
afterAll(() => f.database.drop());

function readAll() {
  return f.run(async (tx) => {
    const { rows } = await tx.query<RecordRow>(
      `SELECT ${RECORD_COLUMNS} FROM engine_records r WHERE r.table_id = $1 ORDER BY r.seq`,
      [table.id],
    );
    const read = rows.map(toRecord);
    const place = f.engine.open(tx, f.workspaceId, f.base.id);
    return { records: read, context: await readSurroundings(place, base, table.fields, read, 'text') };
  });
}

/** For each of some filters the ids that the database gives, and those that evaluating keeps. */
async function bothWays(
  filters: readonly RecordFilter[],
): Promise<{ database: string[]; evaluated: string[] }[]> {
  const values: unknown[] = [table.id];
  const conditions = filters.map((filter) => filter.sql.sql?.((value) => `$${values.push(value)}`) ?? 'true');
  const { rows } = await f.run((tx) =>
    tx.query<{ id: string; holds: boolean[] }>(
      `SELECT r.id, ARRAY[${conditions.map((condition) => `(${condition}) IS TRUE`).join(',')}] AS holds
       FROM engine_records r WHERE r.table_id = $1 ORDER BY r.seq`,
      values,
    ),
  );
  return filters.map((filter, i) => ({
    database: rows.filter((row) => row.holds[i]).map((row) => row.id),
    evaluated: stored.records
      .filter((record) => filter.keeps(record, stored.context))
      .map((record) => record.id),
  }));
}

/** Checks some formulas and tells how many of them the database answers alone. */
async function compareBothWays(texts: readonly string[]): Promise<number> {
  const filters = texts.map((text) => compileFilter(table, text, NOW));
  const results = await bothWays(filters);
  for (const [i, { database, evaluated }] of results.entries()) {
    const picked = { formula: texts[i], database };
    if (filters[i]?.sql.exact) expect(picked).toEqual({ formula: texts[i], database: evaluated });
    else expect([texts[i], ...database]).toEqual(expect.arrayContaining([texts[i], ...evaluated]));
  }
  return filters.filter((filter) => filter.sql.exact).length;
}

const quote = (text: string) => `"${text.replace(/[\\"]/g, '\\$&')}"`;
const literals = [
  ...new Set([...texts, ...days, ...moments, '3/1/2026', 'PG', 'PG, R', 'Ann Lee', '2026-03-01T02:00+02:00']),
].map(quote);
literals.push(...numbers.map((n) => (n < 0 ? `-${-n}` : String(n))));
literals.push('BLANK()', 'TRUE()', 'FALSE()', 'TODAY()', 'NOW()', '1/0', '0/0', 'ERROR()', '1-2/0');
const columns = [
  ...FIELDS.map((column) => `{${column.name}}`),
  '{Title} & ""',
  'CREATED_TIME()',
  'RECORD_ID()',
];
const operators = ['=', '!=', '<', '<=', '>', '>='];
const calls = ['IS_AFTER', 'IS_BEFORE', 'IS_SAME', 'FIND'];
const units = ['day', 'month', 'week', 'year', 'hours', 'ms', 'moon'];

const literal = fc.constantFrom(...literals);
const field = fc.constantFrom(...columns);
const operator = fc.constantFrom(...operators);
const unit = fc.constantFrom(...units);
const pair = fc.oneof(fc.tuple(field, literal), fc.tuple(literal, field), fc.tuple(field, field));
const simple = fc.oneof(
  { weight: 6, arbitrary: fc.tuple(pair, operator).map(([[a, b], sign]) => `${a} ${sign} ${b}`) },
  { weight: 1, arbitrary: field },
  {
    weight: 2,
    arbitrary: fc.tuple(fc.constantFrom(...calls), pair).map(([name, [a, b]]) => `${name}(${a}, ${b})`),
  },
  { weight: 1, arbitrary: fc.tuple(pair, unit).map(([[a, b], size]) => `IS_SAME(${a}, ${b}, "${size}")`) },
  {
    weight: 1,
    arbitrary: fc.constantFrom(
      'LEN({Rating}) > 1',
      'LEN({Title}) = 1',
      '1',
      'ERROR()',
      '{Gross} / {Gross} = 1',
    ),
  },
);
const formula = fc.letrec<{ node: string }>((tie) => ({
  node: fc.oneof(
    { maxDepth: 3, withCrossShrink: true },
    simple,
    fc
      .tuple(fc.constantFrom('AND', 'OR'), fc.array(tie('node'), { minLength: 1, maxLength: 4 }))
      .map(([name, parts]) => `${name}(${parts.join(', ')})`),
    tie('node').map((part) => `NOT(${part})`),
  ),
})).node;

/** One of each kind; the others are the same in SQL. */
const kinds = columns.filter((column) => !/Notes|Code|No|Made|&|RECORD/.test(column));
const isMoment = (column: string) => /Released|Premiere|CREATED/.test(column);

test.each(kinds)('the database compares %s with whatever there is as formulas do', async (column) => {
  const sides = literals.flatMap((other) => [
    [column, other],
    [other, column],
  ]);
  const texts = sides.flatMap(([left = '', right = '']) => [
    ...operators.map((sign) => `${left} ${sign} ${right}`),
    ...calls.map((name) => `${name}(${left}, ${right})`),
    ...(isMoment(column) ? units : []).map((size) => `NOT(IS_SAME(${left}, ${right}, "${size}"))`),
  ]);
  expect(await compareBothWays(texts)).toBeGreaterThan(0);
});

test('what the database picks is what evaluating keeps, or more where it says so', async () => {
  let exact = 0;
  await fc.assert(
    fc.asyncProperty(fc.array(formula, { minLength: 50, maxLength: 50 }), async (texts) => {
      exact += await compareBothWays(texts);
    }),
    { seed: 20260301, numRuns: 20 },
  );
  expect(exact).toBeGreaterThan(200);
});

const exact = [
  '{Title} = "a"',
  '"a" = {Title}',
  '{Title} & "" != "a"',
  '{Gross} >= 12.5',
  '-1 < {Gross}',
  '{Gross} = BLANK()',
  'NOT({Title})',
  '{Seen}',
  'AND({Rating} = "PG", LEN({Rating}) = 2)',
  'SWITCH({Rating}, "R", 1, "PG", 0)',
  'IS_AFTER({Released}, DATEADD(TODAY(), -7, "days"))',
  'IS_SAME({Released}, TODAY(), "month")',
  '{Premiere} < NOW()',
  'IS_SAME(NOW(), {Made}, "day")',
  '{No} > 10',
  '{Code} = "a"',
  'IS_BEFORE(CREATED_TIME(), "2026-03-01T06:00:00Z")',
  '{Genres} = BLANK()',
  '{Director}',
  'FIND("q", {Title})',
  'OR(RECORD_ID() = "recx", RECORD_ID() = "recy")',
];
test.each(exact)('%s needs no evaluating', async (text) => {
  expect(await compareBothWays([text])).toBe(1);
});

test('of what it cannot tell, the database still checks the rest', async () => {
  const filter = compileFilter(table, 'AND({Seen}, LEN({Title}) = 1)', NOW);
  const [{ database, evaluated } = NOTHING] = await bothWays([filter]);
  expect(filter.sql.exact).toBe(false);
  expect(database.length).toBeLessThan(30);
  expect(database.length).toBeGreaterThan(evaluated.length);
  expect(evaluated.length).toBeGreaterThan(0);
});

test('no value of a formula becomes part of the statement', () => {
  const filter = compileFilter(table, `OR({Title} = "'; DROP", {Gross} > 77, RECORD_ID() = "recq'")`, NOW);
  const bound: unknown[] = [];
  const sql = filter.sql.sql?.((value) => `$${bound.push(value)}`);
  expect(sql).not.toMatch(/DROP|77|recq/);
  expect(bound).toEqual([["'; DROP"], ["recq'"], '77']);
});

test('the order of texts does not depend on the language of the database', () => {
  const filter = compileFilter(table, 'AND({Title} > "a", {Premiere} > NOW())', NOW);
  expect(filter.sql.sql?.(() => '$1').match(/COLLATE "C"/g)).toHaveLength(2);
});

test('thousands of ids are one look-up, thousands of other comparisons are evaluated', () => {
  const ids = Array.from({ length: 3_000 }, (_, i) => `RECORD_ID()="rec${i}"`).join(',');
  expect(compileFilter(table, `OR(${ids})`, NOW).sql.sql?.(() => '$1')).toBe('(r.id = ANY($1::text[]))');
  const many = Array.from({ length: 3_000 }, (_, i) => `{Gross}=${i}`).join(',');
  expect(compileFilter(table, `OR(${many})`, NOW).sql).toEqual({ exact: false });
});

test('what is nested deeply is no more than the database can read', async () => {
  const deep = Array.from({ length: 240 }, (_, i) => `${i % 2 ? 'OR' : 'AND'}(NOT({Gross} = ${i}), `).join(
    '',
  );
  expect(await compareBothWays([`${deep}{Seen}${')'.repeat(240)}`])).toBe(1);
});

test('what costs too much is refused, whether it looks at rows or not', async () => {
  const costly = (text: string) =>
    `SUM(${Array.from({ length: 400 }, () => `LEN(REPT(${text}, 100000))`).join(',')}) > LEN(SUBSTITUTE(REPT("a", 100000), "a", "b"))`;
  for (const text of ['"a"', 'LEFT(RECORD_ID(), 1)']) {
    const filter = compileFilter(table, costly(text), NOW);
    expect(filter.sql.exact).toBe(false);
    await expect(bothWays([filter])).rejects.toMatchObject({
      type: 'INVALID_FILTER_BY_FORMULA',
    });
  }
});

test('fields are found by id, by name and by name in other capitals', () => {
  const title = table.fields[0]?.id ?? '';
  const filter = compileFilter(table, `AND({${title}}, { title }, TITLE, {Gross})`, NOW);
  expect(filter.fields.map((column) => column.name)).toEqual(['Title', 'Gross']);
});

test('LAST_MODIFIED_TIME tells when a field was changed, and of which', async () => {
  const id = 'recModified000001';
  await f.run((tx) =>
    f.engine.loadRecords(tx, f.workspaceId, f.base.id, 'All', [
      { id, createdTime: '2026-01-01T00:00:00.000Z', fields: { Title: 'x' } },
    ]),
  );
  const kept = async (text: string) => {
    stored = await readAll();
    const filter = compileFilter(table, `AND(RECORD_ID() = "${id}", ${text})`, NOW);
    const [result = NOTHING] = await bothWays([filter]);
    return result.evaluated.length === 1;
  };
  expect(await kept('LAST_MODIFIED_TIME() = CREATED_TIME()')).toBe(true);
  expect(await kept('LAST_MODIFIED_TIME({Notes})')).toBe(false);
  await f.run((tx) =>
    f.engine.updateRecord(tx, f.workspaceId, f.base.id, 'All', id, { fields: { Notes: 'y' } }),
  );
  expect(await kept('LAST_MODIFIED_TIME() = NOW()')).toBe(true);
  expect(await kept('LAST_MODIFIED_TIME({Notes}, {Title}) = NOW()')).toBe(true);
  expect(await kept('LAST_MODIFIED_TIME({Title}) = CREATED_TIME()')).toBe(true);
});
