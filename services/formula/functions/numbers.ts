import { FormulaFault } from '../formula-error';
import { finite, flatten, toNumber, type FormulaValue } from '../values';
import { eager, type FormulaFunction } from './formula-function';

const EPSILON = 1e-9;

/** Numbers among the arguments; text and empty values are passed over, as Airtable's aggregates do. */
function numbersOf(args: readonly FormulaValue[]): number[] {
  return flatten(args).filter((value) => typeof value === 'number');
}

/** Rounds to `places` decimal places by `how`; the small shift undoes what binary fractions lose (1.005 → 1.01). */
function roundBy(how: (n: number) => number, value: FormulaValue, places: FormulaValue | undefined): number {
  const factor = 10 ** Math.max(-20, Math.min(20, Math.trunc(toNumber(places ?? 0))));
  const scaled = Math.abs(toNumber(value)) * factor;
  const nudged = Math.abs(scaled - Math.round(scaled)) < EPSILON ? Math.round(scaled) : scaled;
  return finite((how(nudged * (1 + Number.EPSILON)) / factor) * (toNumber(value) < 0 ? -1 : 1)) + 0;
}

/** The nearest multiple of `step` by `how`. */
function toMultiple(how: (n: number) => number, value: FormulaValue, step: FormulaValue | undefined): number {
  const size = Math.abs(step === undefined ? 1 : toNumber(step));
  if (size === 0) return 0;
  const parts = toNumber(value) / size;
  const whole = Math.abs(parts - Math.round(parts)) < EPSILON ? Math.round(parts) : how(parts);
  return finite(whole * size) + 0;
}

/** The remainder has the sign of the divisor. */
function modulo(value: number, by: number): number {
  if (by === 0) throw new FormulaFault('division by zero');
  return finite(((value % by) + by) % by);
}

/** The number that `wins` over all others; 0 of none, as at Airtable. */
function extreme(numbers: readonly number[], wins: (a: number, b: number) => boolean): number {
  return numbers.length === 0 ? 0 : numbers.reduce((best, n) => (wins(n, best) ? n : best));
}

const one = (name: string, compute: (n: number) => number) =>
  eager(name, 1, 1, ([value = null]) => finite(compute(toNumber(value))) + 0);

export const NUMBERS: readonly FormulaFunction[] = [
  one('ABS', Math.abs),
  one('INT', Math.floor),
  one('SQRT', Math.sqrt),
  one('EXP', Math.exp),
  one('EVEN', (n) => Math.sign(n) * Math.ceil(Math.abs(n) / 2) * 2),
  one('ODD', (n) => (n < 0 ? -1 : 1) * (Math.ceil((Math.abs(n) - 1) / 2) * 2 + 1)),
  eager('ROUND', 1, 2, ([value = null, places]) => roundBy(Math.round, value, places)),
  eager('ROUNDUP', 1, 2, ([value = null, places]) => {
    return roundBy((n) => Math.ceil(n - EPSILON), value, places);
  }),
  eager('ROUNDDOWN', 1, 2, ([value = null, places]) => roundBy(Math.floor, value, places)),
  eager('FLOOR', 1, 2, ([value = null, step]) => toMultiple(Math.floor, value, step)),
  eager('CEILING', 1, 2, ([value = null, step]) => toMultiple(Math.ceil, value, step)),
  eager('MOD', 2, 2, ([value = null, by = null]) => modulo(toNumber(value), toNumber(by))),
  eager('POWER', 2, 2, ([base = null, power = null]) => finite(toNumber(base) ** toNumber(power))),
  eager('LOG', 1, 2, ([value = null, base]) =>
    finite(Math.log(toNumber(value)) / Math.log(base === undefined ? 10 : toNumber(base))),
  ),
  eager('MAX', 1, 10_000, (args) => extreme(numbersOf(args), (a, b) => a > b)),
  eager('MIN', 1, 10_000, (args) => extreme(numbersOf(args), (a, b) => a < b)),
  eager('SUM', 1, 10_000, (args) => finite(numbersOf(args).reduce((a, b) => a + b, 0))),
  eager('AVERAGE', 1, 10_000, (args) => {
    const numbers = numbersOf(args);
    return finite(numbers.reduce((a, b) => a + b, 0) / numbers.length);
  }),
  eager('COUNT', 1, 10_000, (args) => numbersOf(args).length),
  eager('COUNTA', 1, 10_000, (args) => flatten(args).filter((v) => v !== null && v !== '').length),
  eager('COUNTALL', 1, 10_000, (args) => flatten(args).length),
];
