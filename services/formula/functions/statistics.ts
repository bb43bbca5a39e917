import { flatten, isDate, type FormulaDate, type FormulaValue } from '../values';
import { eager, type FormulaFunction } from './formula-function';

/** Numbers among the arguments; text and empty values are passed over, as Airtable's aggregates do. */
function numbersOf(args: readonly FormulaValue[]): number[] {
  return flatten(args).filter((value) => typeof value === 'number');
}

const sum = (numbers: readonly number[]) => numbers.reduce((a, b) => a + b, 0);
const isFilled = (value: FormulaValue) => value !== null && value !== '';

/** The number, or where there are only dates the date, that `wins` over all others; 0 of none, as at Airtable. */
function extreme(args: readonly FormulaValue[], wins: (a: number, b: number) => boolean): FormulaValue {
  const numbers = numbersOf(args);
  const dates = flatten(args).filter(isDate);
  if (numbers.length === 0 && dates.length > 0) {
    return dates.reduce((best: FormulaDate, date) => (wins(date.at, best.at) ? date : best));
  }
  if (numbers.some(Number.isNaN)) return NaN;
  return numbers.length === 0 ? 0 : numbers.reduce((best, n) => (wins(n, best) ? n : best));
}

export const STATISTICS: readonly FormulaFunction[] = [
  eager('MAX', 1, Infinity, (args) => extreme(args, (a, b) => a > b)),
  eager('MIN', 1, Infinity, (args) => extreme(args, (a, b) => a < b)),
  eager('SUM', 1, Infinity, (args) => sum(numbersOf(args))),
  // Of no numbers at all the average is NaN, as Airtable shows it.
  eager('AVERAGE', 1, Infinity, (args) => sum(numbersOf(args)) / numbersOf(args).length),
  eager('COUNT', 1, Infinity, (args) => numbersOf(args).length),
  eager('COUNTA', 1, Infinity, (args) => flatten(args).filter(isFilled).length),
  eager('COUNTALL', 1, Infinity, (args) => flatten(args).length),
];
