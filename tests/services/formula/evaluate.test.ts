import * as fc from 'fast-check';
import { createFormulaContext } from '../../../services/formula/context';
import { evaluate, keepsRow } from '../../../services/formula/evaluate';
import { FormulaError, FormulaFault, FormulaTooCostly } from '../../../services/formula/formula-error';
import { FUNCTIONS } from '../../../services/formula/functions/registry';
import { parseFormula } from '../../../services/formula/parse';
import { readFormulaCell } from '../../../services/formula/result';
import type { FormulaValue } from '../../../services/formula/values';
import { row, valueOf } from './formula-row';

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
  ['RECORD_ID()', 'recAAAAAAAAAAAAAA'],
  ['CREATED_TIME() & ""', '2026-02-01T00:00:00.000Z'],
  ['ARRAYJOIN({Genres}, "/")', 'Horror/Drama'],
  ['{back\\slash} & {back\\\\slash}', 'slashedslashed'],
  ['1 / 0', Infinity],
  ['-1 / 0', -Infinity],
  ['0 / 0', NaN],
  ['ISERROR(2 / 0)', true],
  ['ISERROR("a" + 1)', true],
  ['ISERROR(REGEX_EXTRACT("a", "b"))', true],
  ['"z" < "\u{1F600}"', true],
  ['"\uFFFD" < "\u{1F600}"', true],
  ['"10" > 9', true],
  ['"x" > 9', false],
  ['0 / 0 = 0 / 0', false],
  ['LEFT("abc", -1) & RIGHT("abc", -1) & MID("abc", 2, -1)', ''],
  ['LEFT("abc", 1.9)', 'a'],
  ['MID("abc", 0, 2)', 'ab'],
  ['MID("abc", 9, 2)', ''],
  ['FIND("b", "abab", 0)', 2],
  ['FIND("", "")', 1],
  ['FIND("a", {Empty})', 0],
  ['SEARCH("DRAMA", {Genres})', 9],
  ['SUBSTITUTE("aaa", "a", "b", 9)', 'aaa'],
  ['SUBSTITUTE("aaa", "", "b")', 'aaa'],
  ['REPLACE("database", 2, 5, "o")', 'dose'],
  ['REPT("ab", -1) & REPT("", 1000000000)', ''],
  ['ENCODE_URL_COMPONENT("a b&(c)*-_.~!\'é")', 'a%20b%26%28c%29%2A-_.~%21%27%C3%A9'],
  ['EXACT("a", "A")', false],
  ['VALUE({Empty})', null],
  ['REGEX_MATCH("Hello World", "Hello.World")', true],
  ['REGEX_MATCH("Hello World", "o W")', true],
  ['REGEX_MATCH("Hello World", "^World")', false],
  ['REGEX_MATCH({Empty}, "^$")', true],
  ['REGEX_MATCH("héllo", "(?i)^HÉLLO$")', true],
  ['REGEX_EXTRACT("Hello 42 World", "[0-9]+")', '42'],
  ['REGEX_REPLACE("Smith, Jane", "(\\\\w+), (\\\\w+)", "$2 $1 $3")', 'Jane Smith $3'],
  ['REGEX_REPLACE("abc", "", "-")', '-a-b-c-'],
  ['ROUND(-2.5, 0)', -2],
  ['ROUND(2.5)', 3],
  ['ROUND(1234.5, -2)', 1200],
  ['ROUND(1e300, 20)', 1e300],
  ['ROUND(-0.4)', 0],
  ['ROUNDUP(-1.1, 0)', -2],
  ['ROUNDUP(1.001, 2)', 1.01],
  ['ROUNDUP(1.1, 20)', 1.1],
  ['ROUNDDOWN(1.9, 0)', 1],
  ['ROUNDDOWN(-1.9, 0)', -1],
  ['CEILING(1.05, 0.1)', 1.1],
  ['CEILING(-1.5)', -1],
  ['FLOOR(1.99, 0.1)', 1.9],
  ['FLOOR(-1.5)', -2],
  ['EVEN(2.2)', 4],
  ['EVEN(5)', 6],
  ['EVEN(-2.2)', -4],
  ['ODD(1.1)', 3],
  ['ODD(-1.1)', -3],
  ['ODD(0)', 1],
  ['MOD(7, -3)', -2],
  ['MOD(1, 0)', NaN],
  ['POWER(2, 10)', 1024],
  ['SQRT(-1)', NaN],
  ['LOG(1000)', 3],
  ['LOG(1024, 2)', 10],
  ['LOG(0)', -Infinity],
  ['EXP(0)', 1],
  ['AVERAGE({Empty})', NaN],
  ['MAX({Empty})', 0],
  ['MAX({Numbers}, 5)', 8],
  ['MAX({Release Date}, TODAY()) & ""', '2041-01-31'],
  ['COUNTALL(1, "a", {Empty}, {Repeats})', 8],
  ['ARRAYJOIN({Empty}, "/")', ''],
  ['ARRAYUNIQUE({Repeats})', ['a', '', 'b', null]],
  ['ARRAYCOMPACT({Repeats})', ['a', 'b', 'a']],
  ['ARRAYFLATTEN({Numbers}, {Genres}, 1)', [4, 8, 'Horror', 'Drama', 1]],
  ['ARRAYSLICE({Repeats}, 3, 4)', ['b', 'a']],
  ['ARRAYSLICE({Repeats}, -2)', ['a', null]],
  ['ARRAYSLICE({Repeats}, 9)', []],
  ['LAST_MODIFIED_TIME() & ""', '2026-02-03T00:00:00.000Z'],
  ['LAST_MODIFIED_TIME({Title}) & ""', '2026-02-02T00:00:00.000Z'],
  ['LAST_MODIFIED_TIME({Genres})', null],
];
test.each(results)('%s is %j', (text, expected) => {
  expect(valueOf(text)).toEqual(expected);
});

const faults = [
  '"a" + 1',
  'VALUE("x")',
  'REPT("ab", 1000000)',
  'SUBSTITUTE(REPT("a", 100000), "a", "bb")',
  'REGEX_REPLACE(REPT("a", 100000), "a", "bb")',
  'UPPER(REPT("ß", 100000))',
  'REGEX_EXTRACT("a", "b")',
  'REGEX_MATCH("a", "(")',
  'REGEX_MATCH("a", "(?=a)")',
  'REGEX_MATCH("a", "(((a{100}){100}){100})")',
  'REGEX_MATCH("a", REPT("a", 1001))',
  'AND(1, ERROR())',
  'OR(1, ERROR())',
  'NOT(ERROR())',
  'IF(ERROR(), 1, 2)',
];
test.each(faults)('%s is an error of the row, and the filter drops it', (text) => {
  expect(() => valueOf(text)).toThrow(FormulaFault);
  expect(keepsRow(parseFormula(text), row)).toBe(false);
});

const dropped = ['0', 'FALSE()', '""', 'BLANK()', '0 / 0', 'ARRAYCOMPACT({Empty})', 'ERROR()', '{Zero}'];
test.each(dropped)('a filter drops the row for %s', (text) => {
  expect(keepsRow(parseFormula(text), row)).toBe(false);
});
const kept = ['1', '-1', 'TRUE()', '" "', '"0"', '1 / 0', '{Genres}', 'TODAY()', 'NOT({Empty})'];
test.each(kept)('a filter keeps the row for %s', (text) => {
  expect(keepsRow(parseFormula(text), row)).toBe(true);
});

test.each([
  ['0 / 0', { specialValue: 'NaN' }],
  ['-1 / 0', { specialValue: '-Infinity' }],
  ['"a" + 1', { error: '#ERROR!' }],
  ['1 = 1', 1],
  ['TODAY()', '2026-03-01'],
  ['{Genres}', ['Horror', 'Drama']],
  ['BLANK()', null],
])('%s is given as %j', (text, cell) => {
  expect(readFormulaCell(parseFormula(text), row)).toEqual(cell);
});

const endless = [
  // Would backtrack for ever in an engine that does.
  `REGEX_MATCH(REPT("a", 90000) & "b", "^(a+)+$")`,
  `SUM(${Array.from({ length: 500 }, () => `LEN(REGEX_REPLACE(REPT("ab", 40000), "(a|b|ab)+", ""))`).join(',')})`,
  `SUM(${Array.from({ length: 2_000 }, () => 'LEN(SUBSTITUTE(REPT("ab", 50000), "a", "c"))').join(',')})`,
  `${Array.from({ length: 4_000 }, () => 'REPT("a", 90000)').join('=')}`,
];
test.each(endless)('what could compute for ever is cut off or quickly done: %#', (text) => {
  const node = parseFormula(text);
  const context = createFormulaContext();
  let result: unknown;
  try {
    result = evaluate(node, row, context);
  } catch (error) {
    result = error;
  }
  expect(result === false || result instanceof FormulaTooCostly).toBe(true);
  expect(() => evaluate(parseFormula('1'), row, context)).not.toThrow();
});

test('ISERROR does not hide that a formula costs too much', () => {
  const text = `ISERROR(REGEX_MATCH(REPT("a", 100000), "${'(a|b)'.repeat(150)}"))`;
  expect(() => valueOf(text)).toThrow(FormulaTooCostly);
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
