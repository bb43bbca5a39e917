import { toNumber, type FormulaValue } from '../values';
import { eager, type FormulaFunction } from './formula-function';

/** A number with its decimal point moved, digit for digit: 1.005 by 2 is 100.5, which multiplying would miss. */
function shift(n: number, places: number): number {
  const [digits = '', power = '0'] = String(n).split('e');
  return Number.isFinite(n) ? Number(`${digits}e${Number(power) + places}`) : n;
}

/** Rounds to `places` decimal places, negative ones left of the point, by `how`. */
function roundBy(how: (n: number) => number, value: FormulaValue, places: FormulaValue | undefined): number {
  const kept = Math.max(-400, Math.min(400, Math.trunc(toNumber(places ?? null)) || 0));
  const number = toNumber(value);
  const scaled = shift(number, kept);
  // Beyond a double's digits there is nothing to round.
  return Number.isFinite(scaled) ? shift(how(scaled), -kept) + 0 : number;
}

const awayFromZero = (n: number) => Math.sign(n) * Math.ceil(Math.abs(n));

/** The nearest multiple of `step` by `how`, without the dust of binary fractions (FLOOR(1.99, 0.1) is 1.9). */
function toMultiple(how: (n: number) => number, value: FormulaValue, step: FormulaValue | undefined): number {
  const size = Math.abs(step === undefined ? 1 : toNumber(step));
  if (size === 0) return 0;
  const parts = Number((toNumber(value) / size).toPrecision(15));
  return Number((how(parts) * size).toPrecision(15)) + 0;
}

/** The remainder has the sign of the divisor; NaN by 0. */
function modulo(value: number, by: number): number {
  return (((value % by) + by) % by) + 0;
}

const one = (name: string, compute: (n: number) => number) =>
  eager(name, 1, 1, ([value = null]) => compute(toNumber(value)) + 0);

export const NUMBERS: readonly FormulaFunction[] = [
  one('ABS', Math.abs),
  one('INT', Math.floor),
  one('SQRT', Math.sqrt),
  one('EXP', Math.exp),
  one('EVEN', (n) => awayFromZero(n / 2) * 2),
  one('ODD', (n) => (n < 0 ? -1 : 1) * (Math.ceil((Math.abs(n) - 1) / 2) * 2 + 1)),
  // Ties go toward positive infinity: ROUND(-2.5) is -2. Source: formula reference.
  eager('ROUND', 1, 2, ([value = null, places]) => roundBy(Math.round, value, places)),
  eager('ROUNDUP', 1, 2, ([value = null, places]) => roundBy(awayFromZero, value, places)),
  eager('ROUNDDOWN', 1, 2, ([value = null, places]) => roundBy(Math.trunc, value, places)),
  eager('FLOOR', 1, 2, ([value = null, step]) => toMultiple(Math.floor, value, step)),
  eager('CEILING', 1, 2, ([value = null, step]) => toMultiple(Math.ceil, value, step)),
  eager('MOD', 2, 2, ([value = null, by = null]) => modulo(toNumber(value), toNumber(by))),
  eager('POWER', 2, 2, ([base = null, power = null]) => toNumber(base) ** toNumber(power) + 0),
  eager('LOG', 1, 2, ([value = null, base]) => {
    const number = toNumber(value);
    if (base === undefined || toNumber(base) === 10) return Math.log10(number);
    return toNumber(base) === 2 ? Math.log2(number) : Math.log(number) / Math.log(toNumber(base));
  }),
];
