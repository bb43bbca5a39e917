import type { FormulaValue } from '../values';

/** What a row and its surroundings give to a formula. */
export interface FormulaRow {
  readonly recordId: string;
  /** ms since 1970. */
  readonly createdTime: number;
  /** ms since 1970: one moment for all rows of a request. */
  readonly now: number;
  /** The value of a field by the name or id that the formula calls it by. */
  field(name: string): FormulaValue;
}

/** Arguments not yet computed: IF and SWITCH compute only what they choose. */
export interface LazyArgs {
  readonly count: number;
  /** The value of the argument at `index`; BLANK() beyond the last. Throws FormulaFault. */
  value(index: number): FormulaValue;
}

/** One function of the formula language. */
export interface FormulaFunction {
  readonly name: string;
  readonly min: number;
  readonly max: number;
  call(args: LazyArgs, row: FormulaRow): FormulaValue;
}

/** A function that wants all its arguments computed. */
export function eager(
  name: string,
  min: number,
  max: number,
  call: (args: readonly FormulaValue[], row: FormulaRow) => FormulaValue,
): FormulaFunction {
  return { name, min, max, call: (args, row) => call(allOf(args), row) };
}

/** Every argument's value, in order. */
export function allOf(args: LazyArgs): FormulaValue[] {
  return Array.from({ length: args.count }, (_, i) => args.value(i));
}
