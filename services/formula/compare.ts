import { isDate, isList, toDate, toNumber, toText, type FormulaValue } from './values';
import { FormulaFault } from './formula-error';

function isNumeric(value: FormulaValue): value is number | boolean {
  return typeof value === 'number' || typeof value === 'boolean';
}

function asDates(a: FormulaValue, b: FormulaValue): [number, number] | undefined {
  try {
    return [toDate(a).at, toDate(b).at];
  } catch (error) {
    if (error instanceof FormulaFault) return undefined;
    throw error;
  }
}

/**
 * Whether two values are equal. BLANK() equals "", 0 and false (Airtable: IF(BLANK()=0, …) takes the first branch); a list
 * equals its text; a date equals ISO text of the same moment; a number never equals a text.
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
    return dates === undefined ? undefined : dates[0] - dates[1];
  }
  if (isNumeric(a) || isNumeric(b)) {
    try {
      return toNumber(a) - toNumber(b);
    } catch (error) {
      if (error instanceof FormulaFault) return undefined;
      throw error;
    }
  }
  const left = toText(a);
  const right = toText(b);
  return left < right ? -1 : left > right ? 1 : 0;
}
