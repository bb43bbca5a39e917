import { FUNCTIONS } from '../../../services/formula/functions/registry';
import { keepsRow } from '../../../services/formula/evaluate';
import { parseFormula } from '../../../services/formula/parse';
import { readFormulaCell } from '../../../services/formula/result';
import type { CallNode, Node } from '../../../services/formula/syntax';
import { row } from './formula-row';

/** What pyairtable.formulas (3.5.0) writes: each of its functions once, and how it writes values and comparisons. */
const WRITTEN = String.raw`
ABS(-2.25)
AVERAGE(3.5)
BLANK()
CEILING(-2.25, 2)
CONCATENATE('12')
COUNT(3.5)
COUNTA(-2.25)
COUNTALL(-2.25)
CREATED_TIME()
DATEADD(DATETIME_PARSE('2023-12-01'), 3.5, 'days')
DATESTR(DATETIME_PARSE('2023-12-01'))
DATETIME_DIFF(DATETIME_PARSE('2023-12-01T12:34:56.000'), DATETIME_PARSE('2023-12-01'), 'days')
DATETIME_FORMAT(DATETIME_PARSE('2023-12-01'), 'YYYY')
DATETIME_PARSE('2023-12-01', 'YYYY-MM-DD', 'en')
DAY(DATETIME_PARSE('2023-12-01'))
ENCODE_URL_COMPONENT('a b')
ERROR()
EVEN(-2.25)
EXP(3)
FALSE()
FIND('n', {Title}, 1)
FLOOR(-2.25, 2)
FROMNOW(DATETIME_PARSE('2023-12-01'))
HOUR(DATETIME_PARSE('2023-12-01T12:34:56.000'))
IF({odd \} name}='odd', 1, 0)
INT(-2.25)
ISERROR(ERROR())
IS_AFTER(DATETIME_PARSE('2023-12-01T12:34:56.000'), DATETIME_PARSE('2023-12-01'))
IS_BEFORE(DATETIME_PARSE('2023-12-01T12:34:56.000'), DATETIME_PARSE('2023-12-01'))
IS_SAME(DATETIME_PARSE('2023-12-01T12:34:56.000'), DATETIME_PARSE('2023-12-01'), 'day')
LAST_MODIFIED_TIME({Title}, {Gross})
LEFT('Jane\'s', 2)
LEN('Jane\'s')
LOG(3.5, 2)
LOWER('Jane\'s')
MAX(3.5)
MID('Jane\'s', 2, 2)
MIN(3.5)
MINUTE(DATETIME_PARSE('2023-12-01T12:34:56.000'))
MOD(-2.25, 2)
MONTH(DATETIME_PARSE('2023-12-01'))
NOW()
ODD(-2.25)
POWER(2, 3)
RECORD_ID()
REGEX_EXTRACT('Jane\'s', 'a(.)e')
REGEX_MATCH('Jane\'s', 'a(.)e')
REGEX_REPLACE('Jane\'s', 'a(.)e', '$1')
REPLACE('Jane\'s', 1, 2, '$1')
REPT('Jane\'s', 3.5)
RIGHT('Jane\'s', 2)
ROUND(-2.25, 1)
ROUNDDOWN(-2.25, 1)
ROUNDUP(-2.25, 1)
SEARCH('n', {Title}, 1)
SECOND(DATETIME_PARSE('2023-12-01T12:34:56.000'))
SET_LOCALE(DATETIME_PARSE('2023-12-01'), 'es')
SET_TIMEZONE(DATETIME_PARSE('2023-12-01'), 'Asia/Tokyo')
SQRT(-2.25)
SUBSTITUTE('Jane\'s', 'a', 'b', 1)
SUM(3.5)
SWITCH({odd \} name}='odd', TRUE(), 'yes')
T(-2.25)
TIMESTR(DATETIME_PARSE('2023-12-01T12:34:56.000'))
TODAY()
TONOW(DATETIME_PARSE('2023-12-01'))
TRIM('Jane\'s')
TRUE()
UPPER('Jane\'s')
VALUE('12')
WEEKDAY(DATETIME_PARSE('2023-12-01'), 'Monday')
WEEKNUM(DATETIME_PARSE('2023-12-01'), 'Monday')
WORKDAY(DATETIME_PARSE('2023-12-01'), 5, '2023-12-04')
WORKDAY_DIFF(DATETIME_PARSE('2023-12-01'), DATETIME_PARSE('2023-12-01T12:34:56.000'), '2023-12-04')
XOR({odd \} name}='odd')
YEAR(DATETIME_PARSE('2023-12-01'))
AND({First Name}='John', {Age}>=21)
OR({a}='b\\c', {d}='"')
({a}=1)=TRUE()
AND(NOT({a}), XOR(1, 0))
1e-07
1e+20
{x}=-3
`
  .trim()
  .split('\n');

const isCall = (node: Node): node is CallNode => node.kind === 'call';

test.each(WRITTEN)('%s is read and has a value', (text) => {
  expect(readFormulaCell(parseFormula(text), row)).toBeDefined();
  expect(typeof keepsRow(parseFormula(text), row)).toBe('boolean');
});

test('no more functions are missing there than those that pyairtable does not know either', () => {
  const written = new Set(
    WRITTEN.map(parseFormula)
      .filter(isCall)
      .map((node) => node.name),
  );
  const others = FUNCTIONS.map((fn) => fn.name).filter((name) => !written.has(name));
  expect(others.sort()).toEqual([
    'ARRAYCOMPACT',
    'ARRAYFLATTEN',
    'ARRAYJOIN',
    'ARRAYSLICE',
    'ARRAYUNIQUE',
    'EXACT',
    'NOT',
  ]);
});

const errors = ['ERROR()', 'WORKDAY("x", 1)'];
const values: [string, unknown][] = [
  ['({a}=1)=TRUE()', 0],
  ['1e-07', 1e-7],
  ['1e+20', 1e20],
  ['4/19', 4 / 19],
  ["'Jane\\'s' & 'b\\\\c'", "Jane's" + 'b\\c'],
  ["{odd \\} name}='odd'", 1],
  ["DATETIME_PARSE('2023-12-01T12:34:56.000Z')", '2023-12-01T12:34:56.000Z'],
  ["DATETIME_PARSE('2023-12-01T12:34:56.000')", '2023-12-01T12:34:56.000Z'],
  ["DATETIME_PARSE('2023-12-01')", '2023-12-01'],
];
test.each(values)('%s is %j', (text, value) => {
  expect(readFormulaCell(parseFormula(text), row)).toEqual(value);
});
test.each(errors)('%s is an error that the API names', (text) => {
  expect(readFormulaCell(parseFormula(text), row)).toEqual({ error: '#ERROR!' });
});
