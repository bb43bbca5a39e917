import type { FormulaContext } from '../context';
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
  /** ms since 1970: when one of the fields, or with no names any field, was last changed. Undefined: never. */
  modifiedTime(names: readonly string[]): number | undefined;
}

/** Arguments not yet computed: IF and SWITCH compute only what they choose. */
export interface LazyArgs {
  readonly count: number;
  /** The value of the argument at `index`; BLANK() beyond the last. Throws FormulaFault. */
  value(index: number): FormulaValue;
  /** The name by which the argument at `index` calls a field; undefined when it is no field. */
  field(index: number): string | undefined;
}

/** One function of the formula language. */
export interface FormulaFunction {
  readonly name: string;
  readonly min: number;
  readonly max: number;
  /** Its arguments are fields, not what they hold. */
  readonly ofFields?: boolean;
  call(args: LazyArgs, row: FormulaRow, context: FormulaContext): FormulaValue;
}

/** A function that wants all its arguments computed. */
export function eager(
  name: string,
  min: number,
  max: number,
  call: (args: readonly FormulaValue[], row: FormulaRow, context: FormulaContext) => FormulaValue,
): FormulaFunction {
  return { name, min, max, call: (args, row, context) => call(allOf(args), row, context) };
}

/** Every argument's value, in order. */
export function allOf(args: LazyArgs): FormulaValue[] {
  const values: FormulaValue[] = [];
  for (let i = 0; i < args.count; i++) values.push(args.value(i));
  return values;
}
