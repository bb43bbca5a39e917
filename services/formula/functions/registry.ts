import { DATES } from './dates';
import type { FormulaFunction } from './formula-function';
import { LISTS } from './lists';
import { LOGIC } from './logic';
import { NUMBERS } from './numbers';
import { RECORD } from './record';
import { TEXT } from './text';

/** All functions of the language. Adding one: an entry in the file of its family. */
export const FUNCTIONS: readonly FormulaFunction[] = [
  ...LOGIC,
  ...TEXT,
  ...NUMBERS,
  ...DATES,
  ...LISTS,
  ...RECORD,
];

const BY_NAME: ReadonlyMap<string, FormulaFunction> = new Map(FUNCTIONS.map((fn) => [fn.name, fn]));

/** A function by name; capitals make no difference. */
export function findFunction(name: string): FormulaFunction | undefined {
  return BY_NAME.get(name.toUpperCase());
}
