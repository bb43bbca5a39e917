import * as fc from 'fast-check';
import { FormulaError } from '../../../services/formula/formula-error';
import { MAX_DEPTH, parseFormula } from '../../../services/formula/parse';
import { printFormula } from '../../../services/formula/print';
import { fieldNamesOf, type Node } from '../../../services/formula/syntax';
import { valueOf } from './formula-row';

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
  ['AND(1, 2', 8, /"\)" was expected instead of the end: AND at character 4 is not closed/],
  ['1 * (2', 6, /the bracket at character 5 is not closed/],
  ['"open', 0, /text that begins here has no closing "/],
  ["'open\\'", 0, /has no closing '/],
  ['1 + {open', 4, /field name that begins here has no closing }/],
  ['{ }', 0, /field name was expected between the braces/],
  ['1 2', 2, /operator was expected instead of "2"$/],
  ['Release Date = 1', 8, /a field name of several words stands in braces, like {Release Date}/],
  ['LEN(Release Date)', 12, /like {Release Date}/],
  ['NOPE(1)', 0, /there is no function NOPE$/],
  ['AND(1, SUMM(1))', 7, /there is no function SUMM: did you mean SUM\?/],
  ['datedif("a","b")', 0, /did you mean DATETIME_DIFF\?/],
  ['ISBLANK({x})', 0, /did you mean BLANK\?/],
  ['LEN()', 0, /LEN takes 1 argument, not 0/],
  ['IF(1)', 0, /IF takes 2 to 3 arguments, not 1/],
  ['AND()', 0, /AND takes at least 1 argument, not 0/],
  ['TODAY(1)', 0, /TODAY takes no arguments, not 1/],
  ['LAST_MODIFIED_TIME("Title")', 19, /takes fields/],
  ['1 ? 2', 2, /"\?" means nothing here$/],
  ['1 == 2', 2, /"==" means nothing here: "=" compares/],
  ['1 <> 2', 2, /"!=" tells/],
  ['1 && 2', 2, /AND\(…, …\)/],
  ['!{x}', 0, /NOT\(…\)/],
  ['IF(1; 2)', 4, /separated by ","/],
  ['[x] = 1', 0, /in braces/],
  ['{x} = “a”', 6, /straight quotes/],
  [')', 0, /instead of "\)"/],
  ['SUM(1,)', 6, /value was expected instead of "\)"/],
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
  'IF(1,'.repeat(1_000),
  'IF(1,"",'.repeat(10_000),
];
test.each(nested)('nesting %# deep is an error, not a crash', (start) => {
  expect(() => parseFormula(`${start}1`)).toThrow(/nested more than/);
});

test('what is nested as deep as allowed is read, printed and computed', () => {
  const depth = MAX_DEPTH - 1;
  const formula = 'IF(1,'.repeat(depth) + '7' + ')'.repeat(depth);
  expect(valueOf(formula)).toBe(7);
  expect(printFormula(parseFormula(formula))).toHaveLength(formula.length + depth);
});

test('a chain of many thousand terms is no nesting', () => {
  const sum = Array.from({ length: 40_000 }, () => '1').join('+');
  expect(valueOf(sum)).toBe(40_000);
  expect(printFormula(parseFormula(sum)).replaceAll(' ', '')).toBe(sum);
  expect(valueOf(Array.from({ length: 40_000 }, () => '1').join('&'))).toHaveLength(40_000);
  expect(
    fieldNamesOf(parseFormula(Array.from({ length: 20_000 }, (_, i) => `a${i % 10}`).join('-'))).size,
  ).toBe(10);
});

test('calls side by side are not deep either', () => {
  const many = Array.from({ length: 3_000 }, (_, i) => `RECORD_ID()="rec${i}"`).join(',');
  expect(valueOf(`OR(${many})`)).toBe(false);
});

test('the names of fields are given once each, in the order of the text', () => {
  const text = 'IF({b b}, LEN(a) & {b b}, LAST_MODIFIED_TIME({c}, fldAAAAAAAAAAAAAA))';
  expect([...fieldNamesOf(parseFormula(text))]).toEqual(['b b', 'a', 'c', 'fldAAAAAAAAAAAAAA']);
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
    fc.record({
      kind: fc.constant('field' as const),
      name: fc.string({ minLength: 1 }).filter((name) => name.trim() !== ''),
      at: fc.constant(0),
    }),
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
