import * as fc from 'fast-check';
import { evaluate, keepsRow } from '../../../services/formula/evaluate';
import { FormulaError, FormulaFault } from '../../../services/formula/formula-error';
import type { FormulaRow } from '../../../services/formula/functions/formula-function';
import { FUNCTIONS } from '../../../services/formula/functions/registry';
import { parseFormula } from '../../../services/formula/parse';
import { prefilterOf } from '../../../services/formula/prefilter';
import { printFormula } from '../../../services/formula/print';
import type { Node } from '../../../services/formula/syntax';
import type { FormulaValue } from '../../../services/formula/values';

const FIELDS: Readonly<Record<string, FormulaValue>> = {
  Title: 'The Thing',
  'Release Date': { at: Date.UTC(2041, 0, 31), dayOnly: true },
  Gross: 12.5,
  Zero: 0,
  Empty: null,
  Genres: ['Horror', 'Drama'],
  Seen: true,
  'odd } name': 'odd',
  fldAAAAAAAAAAAAAA: 'by id',
};
const row: FormulaRow = {
  recordId: 'recAAAAAAAAAAAAAA',
  createdTime: Date.UTC(2026, 1, 1),
  now: Date.UTC(2026, 2, 1, 12, 30),
  field: (name) => FIELDS[name] ?? null,
};
const valueOf = (text: string) => evaluate(parseFormula(text), row);

const results: [string, FormulaValue][] = [
  ['1 + 2 * 3', 7],
  ['(1 + 2) * 3', 9],
  ['10 - 4 - 3', 3],
  ['-2 * -3', 6],
  ['8 / 2 / 2', 2],
  ['1 + 1 & "x" & 2 * 2', '2x4'],
  ['1 < 2', true],
  ['"b" > "a"', true],
  ['"a" = "A"', false],
  ['1 != 2', true],
  ['\'it\\\'s\' & "\\"q\\""', 'it\'s"q"'],
  ['Title', 'The Thing'],
  ['{odd \\} name}', 'odd'],
  ['{fldAAAAAAAAAAAAAA}', 'by id'],
  ['{Empty} = BLANK()', true],
  ['{Empty} = ""', true],
  ['{Zero} = BLANK()', true],
  ['{Zero} = ""', false],
  ['{Empty} < 5', true],
  ['{Empty} > TODAY()', false],
  ['{Release Date} > TODAY()', true],
  ['{Release Date} = "2041-01-31"', true],
  ['{Genres} = "Horror, Drama"', true],
  ['{Seen} = 1', true],
  ['AND(1, "x", TRUE())', true],
  ['AND(1, 0)', false],
  ['OR(0, "", BLANK())', false],
  ['OR(0, {Seen})', true],
  ['NOT({Empty})', true],
  ['XOR(1, 0, 1)', false],
  ['IF({Empty}, 1 / 0, "no")', 'no'],
  ['IF(0, 1)', null],
  ['SWITCH({Gross}, 1, "one", 12.5, "here", "else")', 'here'],
  ['SWITCH({Gross}, 1, "one", "else")', 'else'],
  ['ISERROR(1 / 0)', true],
  ['ISERROR(1)', false],
  ['LEN({Title})', 9],
  ['lower("ABC") & UPPER("def")', 'abcDEF'],
  ['TRIM("  a ")', 'a'],
  ['LEFT("abcdef", 2) & RIGHT("abcdef", 2) & MID("abcdef", 3, 2)', 'abefcd'],
  ['FIND("b", "abab", 3)', 4],
  ['FIND("B", "abab")', 0],
  ['SEARCH("B", "abab")', 2],
  ['SEARCH("z", "abab")', null],
  ['SUBSTITUTE("aaa", "a", "b")', 'bbb'],
  ['SUBSTITUTE("aaa", "a", "b", 2)', 'aba'],
  ['REPLACE("abcdef", 2, 3, "-")', 'a-ef'],
  ['CONCATENATE("a", 1, {Genres})', 'a1Horror, Drama'],
  ['REPT("ab", 3)', 'ababab'],
  ['VALUE("$1,200.50")', 1200.5],
  ['T({Gross})', null],
  ['ABS(-3)', 3],
  ['ROUND(2.345, 2)', 2.35],
  ['ROUND(1.005, 2)', 1.01],
  ['ROUNDUP(2.341, 2)', 2.35],
  ['ROUNDUP(2.34, 2)', 2.34],
  ['ROUNDDOWN(-2.349, 2)', -2.34],
  ['INT(-1.5)', -2],
  ['FLOOR(7.4, 0.5)', 7],
  ['CEILING(7.1, 0.5)', 7.5],
  ['MOD(-1, 3)', 2],
  ['MAX(1, {Gross}, "x")', 12.5],
  ['MIN(3, 2)', 2],
  ['SUM(1, 2, {Empty}, "x")', 3],
  ['AVERAGE(1, 2)', 1.5],
  ['COUNT(1, "a", {Empty}) & COUNTA(1, "a", {Empty})', '12'],
  ['YEAR({Release Date}) & "-" & MONTH({Release Date}) & "-" & DAY({Release Date})', '2041-1-31'],
  ['WEEKDAY("2026-03-01")', 0],
  ['WEEKDAY("2026-03-01", "Monday")', 6],
  ['HOUR(NOW())', 12],
  ['DATEADD({Release Date}, -100, "years") & ""', '1941-01-31'],
  ['DATEADD({Release Date}, 1, "months") & ""', '2041-02-28'],
  ['DATEADD("2026-01-01T00:00:00.000Z", 90, "minutes") & ""', '2026-01-01T01:30:00.000Z'],
  ['DATETIME_DIFF("2026-03-01", "2026-02-01", "days")', 28],
  ['DATETIME_DIFF("2026-03-01", "2025-03-02", "years")', 0],
  ['DATETIME_DIFF("2024-01-01", "2026-03-01", "months")', -26],
  ['DATETIME_FORMAT({Release Date}, "ddd, MMM Do YYYY [at] HH:mm")', 'Thu, Jan 31st 2041 at 00:00'],
  ['DATETIME_PARSE("31.01.1999", "DD.MM.YYYY") & ""', '1999-01-31'],
  ['DATETIME_PARSE("Feb 3, 2020 4:05 pm", "MMM D, YYYY h:mm a") & ""', '2020-02-03T16:05:00.000Z'],
  ['IS_BEFORE("2020-01-01", {Release Date})', true],
  ['IS_AFTER({Release Date}, TODAY())', true],
  ['IS_SAME("2026-03-14", TODAY(), "month")', true],
  ['IS_SAME("2026-03-14", TODAY(), "day")', false],
  ['RECORD_ID()', 'recAAAAAAAAAAAAAA'],
  ['CREATED_TIME() & ""', '2026-02-01T00:00:00.000Z'],
  ['ARRAYJOIN({Genres}, "/")', 'Horror/Drama'],
];
test.each(results)('%s is %j', (text, expected) => {
  expect(valueOf(text)).toEqual(expected);
});

const faults = [
  '1 / 0',
  '"a" + 1',
  'VALUE("x")',
  'YEAR({Empty})',
  'REPT("ab", 1000000)',
  'DATEADD("2026-01-01", 1, "moons")',
  'DATETIME_PARSE("31.02.1999", "DD.MM.YYYY")',
  'MOD(1, 0)',
  'DATEADD("2026-01-01", 1000000000000, "years")',
];
test.each(faults)('%s is an error of the row, and the filter drops it', (text) => {
  expect(() => valueOf(text)).toThrow(FormulaFault);
  expect(keepsRow(parseFormula(text), row)).toBe(false);
});

function placeOfError(text: string): number | undefined {
  try {
    parseFormula(text);
    return undefined;
  } catch (error) {
    return error instanceof FormulaError ? error.position : undefined;
  }
}

const wrong: [string, number, RegExp][] = [
  ['', 0, /value was expected/],
  ['1 +', 3, /formula ends here/],
  ['AND(1, 2', 8, /"\)" was expected instead of the end/],
  ['"open', 0, /text that begins here has no end/],
  ['1 + {open', 4, /field name/],
  ['1 2', 2, /operator was expected/],
  ['NOPE(1)', 0, /no function NOPE/],
  ['LEN()', 0, /does not take 0 arguments/],
  ['1 ? 2', 2, /"\?" means nothing/],
  [')', 0, /instead of "\)"/],
];
test.each(wrong)('%j is refused at %d', (text, position, message) => {
  expect(() => parseFormula(text)).toThrow(message);
  expect(placeOfError(text)).toBe(position);
});

const nested = [
  '('.repeat(1_000),
  'NOT('.repeat(1_000),
  '-'.repeat(1_000),
  '1+('.repeat(1_000),
  '1&'.repeat(20_000),
  'IF(1,'.repeat(1_000),
];
test.each(nested)('nesting %# deep is an error, not a crash', (start) => {
  expect(() => parseFormula(`${start}1`)).toThrow(FormulaError);
});

test('chains of calls side by side are not deep', () => {
  const many = Array.from({ length: 3_000 }, (_, i) => `RECORD_ID()="rec${i}"`).join(',');
  expect(prefilterOf(parseFormula(`OR(${many})`)).ids?.size).toBe(3_000);
});

const prefilters: [string, string[] | undefined, number | undefined][] = [
  ['RECORD_ID()="a"', ['a'], undefined],
  ['"a"=RECORD_ID()', ['a'], undefined],
  ['OR(RECORD_ID()="a", RECORD_ID()="b")', ['a', 'b'], undefined],
  ['OR(RECORD_ID()="a", {x})', undefined, undefined],
  ['AND({x}, OR(RECORD_ID()="a", RECORD_ID()="b"), RECORD_ID()="b")', ['b'], undefined],
  ['NOT(RECORD_ID()="a")', undefined, undefined],
  ['RECORD_ID()!="a"', undefined, undefined],
  ['AND(IS_AFTER(CREATED_TIME(), "2026-01-01"), {x})', undefined, Date.UTC(2026, 0, 1)],
];
test.each(prefilters)('%s asks the database for %j', (text, ids, createdAfter) => {
  const filter = prefilterOf(parseFormula(text));
  expect(filter.ids && [...filter.ids]).toEqual(ids);
  expect(filter.createdAfter).toBe(createdAfter);
});

const tree: fc.Arbitrary<Node> = fc.letrec<{ node: Node }>((tie) => ({
  node: fc.oneof(
    { maxDepth: 6, withCrossShrink: true },
    fc.record({
      kind: fc.constant('number' as const),
      value: fc.double({ min: 0, noNaN: true, noDefaultInfinity: true }).map((n) => n + 0),
      at: fc.constant(0),
    }),
    fc.record({
      kind: fc.constant('text' as const),
      value: fc.string({ unit: 'binary' }),
      at: fc.constant(0),
    }),
    fc.record({ kind: fc.constant('field' as const), name: fc.string(), at: fc.constant(0) }),
    fc.record({ kind: fc.constant('negate' as const), operand: tie('node'), at: fc.constant(0) }),
    fc.record({
      kind: fc.constant('binary' as const),
      operator: fc.constantFrom('+', '-', '*', '/', '&', '=', '!=', '<', '<=', '>', '>='),
      left: tie('node'),
      right: tie('node'),
      at: fc.constant(0),
    }),
    fc.record({
      kind: fc.constant('call' as const),
      name: fc.constantFrom('AND', 'CONCATENATE', 'SUM'),
      args: fc.array(tie('node'), { minLength: 1, maxLength: 3 }),
      at: fc.constant(0),
    }),
  ),
})).node;

const withoutPlaces = (node: Node): unknown =>
  JSON.parse(JSON.stringify(node, (key, value: unknown) => (key === 'at' ? 0 : value)));

test('a printed formula reads as the same tree', () => {
  fc.assert(
    fc.property(tree, (node) => {
      expect(withoutPlaces(parseFormula(printFormula(node)))).toEqual(withoutPlaces(node));
    }),
    { seed: 20260301, numRuns: 1_000 },
  );
});

test('any text is a formula or a FormulaError, and any formula a value or a FormulaFault', () => {
  const piece = fc.oneof(
    fc.constantFrom(
      ...FUNCTIONS.map((fn) => `${fn.name}(`),
      '(',
      ')',
      ',',
      '{Title}',
      '{Release Date}',
      '{Genres}',
      '"a"',
      "'2020-01-01'",
      '5',
      '-',
      '&',
      '=',
      '<',
      '*',
    ),
    fc.string({ maxLength: 4 }),
  );
  const call = fc
    .tuple(
      fc.constantFrom(...FUNCTIONS),
      fc.array(
        fc.constantFrom('{Title}', '{Release Date}', '{Genres}', '{Empty}', '"days"', '-1', '1e300', '0'),
        { maxLength: 4 },
      ),
    )
    .map(([fn, args]) => `${fn.name}(${args.join(',')})`);
  fc.assert(
    fc.property(
      fc.oneof(
        fc.array(piece, { maxLength: 12 }).map((parts) => parts.join('')),
        call,
      ),
      (text) => {
        try {
          valueOf(text);
        } catch (error) {
          expect(error instanceof FormulaError || error instanceof FormulaFault).toBe(true);
        }
      },
    ),
    { seed: 20260301, numRuns: 5_000 },
  );
});
