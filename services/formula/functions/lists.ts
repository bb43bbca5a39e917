import { bounded, flatten, toText, type FormulaValue } from '../values';
import { eager, type FormulaFunction } from './formula-function';

const isNotEmpty = (value: FormulaValue) => value !== null && value !== '';

function unique(values: readonly FormulaValue[]): FormulaValue[] {
  const seen = new Set<string>();
  return values.filter((value) => {
    const key = toText(value);
    if (seen.has(key)) return false;
    seen.add(key);
    return true;
  });
}

export const LISTS: readonly FormulaFunction[] = [
  eager('ARRAYJOIN', 1, 2, ([list = null, separator = ', ']) =>
    bounded(flatten([list]).map(toText).join(toText(separator))),
  ),
  eager('ARRAYCOMPACT', 1, 1, ([list = null]) => flatten([list]).filter(isNotEmpty)),
  eager('ARRAYUNIQUE', 1, 1, ([list = null]) => unique(flatten([list]))),
  eager('ARRAYFLATTEN', 1, 10_000, (args) => flatten(args)),
];
