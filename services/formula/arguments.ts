import { FormulaError } from './formula-error';
import type { FormulaFunction } from './functions/formula-function';
import type { Node } from './syntax';

/** Checks how many arguments a call has, and that they are fields where they must be. Throws FormulaError. */
export function checkArguments(fn: FormulaFunction, args: readonly Node[], at: number): void {
  if (args.length < fn.min || args.length > fn.max) {
    throw new FormulaError(`${fn.name} takes ${countOf(fn)}, not ${args.length}`, at);
  }
  const stranger = fn.ofFields ? args.find((arg) => arg.kind !== 'field') : undefined;
  if (stranger) throw new FormulaError(`${fn.name} takes fields, like {Name}`, stranger.at);
}

function countOf({ min, max }: FormulaFunction): string {
  const many = (n: number) => `${n} argument${n === 1 ? '' : 's'}`;
  if (min === max) return min === 0 ? 'no arguments' : many(min);
  return Number.isFinite(max) ? `${min} to ${many(max)}` : `at least ${many(min)}`;
}
