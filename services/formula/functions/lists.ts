import { bounded, flatten, isDate, toNumber, toText, type FormulaValue } from '../values';
import { eager, type FormulaFunction } from './formula-function';

function unique(values: readonly FormulaValue[]): FormulaValue[] {
  const seen = new Set<FormulaValue>();
  return values.filter((value) => {
    const key = isDate(value) ? toText(value) : value;
    return !seen.has(key) && seen.add(key);
  });
}

/** Where a place in a list (from 1; from the end when negative) is, counted from 0. */
function placeIn(list: readonly FormulaValue[], place: number): number {
  return place < 0 ? Math.max(0, list.length + place) : Math.max(0, place - 1);
}

/** A list from one place to another, both included (?). */
function slice(
  list: readonly FormulaValue[],
  start: FormulaValue,
  end: FormulaValue | undefined,
): FormulaValue[] {
  const from = placeIn(list, Math.trunc(toNumber(start)) || 0);
  return list.slice(from, end === undefined ? undefined : placeIn(list, Math.trunc(toNumber(end)) || 0) + 1);
}

export const LISTS: readonly FormulaFunction[] = [
  eager('ARRAYJOIN', 1, 2, ([list = null, separator = ', ']) =>
    bounded(flatten([list]).map(toText).join(toText(separator))),
  ),
  eager('ARRAYCOMPACT', 1, 1, ([list = null]) => flatten([list]).filter((v) => v !== null && v !== '')),
  eager('ARRAYUNIQUE', 1, 1, ([list = null]) => unique(flatten([list]))),
  eager('ARRAYFLATTEN', 1, Infinity, (args) => flatten(args)),
  eager('ARRAYSLICE', 2, 3, ([list = null, start = null, end]) => slice(flatten([list]), start, end)),
];
