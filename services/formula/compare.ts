import { isDate, isList, toDate, toNumber, toText, type FormulaValue } from './values';
import { FormulaFault } from './formula-error';

function isNumeric(value: FormulaValue): value is number | boolean {
  return typeof value === 'number' || typeof value === 'boolean';
}

function ifFaultless<T>(compute: () => T): T | undefined {
  try {
    return compute();
  } catch (error) {
    if (error instanceof FormulaFault) return undefined;
    throw error;
  }
}

const asDates = (a: FormulaValue, b: FormulaValue) =>
  ifFaultless((): [number, number] => [toDate(a).at, toDate(b).at]);

/**
 * Whether two values are equal. BLANK() equals "", 0 and false (Airtable: IF(BLANK()=0, …) takes the first branch); a list
 * equals its text; a date equals text of the same moment; a number never equals a text.
 */
export function areEqual(a: FormulaValue, b: FormulaValue): boolean {
  if (isDate(a) || isDate(b)) {
    const dates = asDates(a, b);
    return dates !== undefined && dates[0] === dates[1];
  }
  if (a === null || b === null) return isBlankLike(a) && isBlankLike(b);
  if (isNumeric(a) && isNumeric(b)) return Number(a) === Number(b);
  if (isNumeric(a) || isNumeric(b)) return isList(a) || isList(b) ? toText(a) === toText(b) : false;
  return toText(a) === toText(b);
}

function isBlankLike(value: FormulaValue): boolean {
  return (
    value === null ||
    value === '' ||
    value === 0 ||
    value === false ||
    (isList(value) && value.every((item) => item === null || item === ''))
  );
}

/**
 * Below 0 when a comes before b, 0 when neither, above 0 after; undefined when the two cannot be compared (every
 * comparison is then false). An empty cell counts as 0 next to a number, and as no date next to a date.
 */
export function compare(a: FormulaValue, b: FormulaValue): number | undefined {
  if (isDate(a) || isDate(b)) {
    const dates = asDates(a, b);
    return dates && orderOf(...dates);
  }
  if (isNumeric(a) || isNumeric(b)) {
    const numbers = ifFaultless((): [number, number] => [toNumber(a), toNumber(b)]);
    return numbers && orderOf(...numbers);
  }
  return orderOfTexts(toText(a), toText(b));
}

function orderOf(a: number, b: number): number | undefined {
  if (Number.isNaN(a) || Number.isNaN(b)) return undefined;
  return a < b ? -1 : a > b ? 1 : 0;
}

/** By code points, like a database that compares UTF-8 byte by byte; JavaScript's `<` goes by UTF-16 units. */
function orderOfTexts(a: string, b: string): number {
  const length = Math.min(a.length, b.length);
  for (let i = 0; i < length; i++) {
    const left = a.charCodeAt(i);
    const right = b.charCodeAt(i);
    if (left !== right) return rank(left) - rank(right);
  }
  return a.length - b.length;
}

/** Units of a surrogate pair stand for code points above all that a single unit can be. */
function rank(unit: number): number {
  return unit >= 0xd800 && unit <= 0xdfff ? unit + 0x10000 : unit;
}
