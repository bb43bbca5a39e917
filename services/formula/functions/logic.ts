import { areEqual } from '../compare';
import { FormulaFault } from '../formula-error';
import { isTruthy } from '../values';
import { eager, type FormulaFunction } from './formula-function';

/** Airtable computes all arguments of AND, OR and XOR: an error in one is an error of the whole. */
export const LOGIC: readonly FormulaFunction[] = [
  eager('AND', 1, Infinity, (args) => args.every(isTruthy)),
  eager('OR', 1, Infinity, (args) => args.some(isTruthy)),
  eager('XOR', 1, Infinity, (args) => args.filter(isTruthy).length % 2 === 1),
  eager('NOT', 1, 1, ([value = null]) => !isTruthy(value)),
  eager('TRUE', 0, 0, () => true),
  eager('FALSE', 0, 0, () => false),
  eager('BLANK', 0, 0, () => null),
  eager('ERROR', 0, 1, () => {
    throw new FormulaFault('ERROR()');
  }),
  { name: 'IF', min: 2, max: 3, call: (args) => (isTruthy(args.value(0)) ? args.value(1) : args.value(2)) },
  {
    name: 'SWITCH',
    min: 3,
    max: Infinity,
    call(args) {
      const subject = args.value(0);
      for (let i = 1; i + 1 < args.count; i += 2) {
        if (areEqual(subject, args.value(i))) return args.value(i + 1);
      }
      return args.count % 2 === 0 ? args.value(args.count - 1) : null;
    },
  },
  {
    name: 'ISERROR',
    min: 1,
    max: 1,
    // ISERROR(2/0) is the formula reference's own example: NaN and infinities count.
    call(args) {
      try {
        const value = args.value(0);
        return typeof value === 'number' && !Number.isFinite(value);
      } catch (error) {
        if (error instanceof FormulaFault) return true;
        throw error;
      }
    },
  },
];
