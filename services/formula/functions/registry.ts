import { DATE_TEXTS } from './date-texts';
import { DATES } from './dates';
import type { FormulaFunction } from './formula-function';
import { LISTS } from './lists';
import { LOGIC } from './logic';
import { NUMBERS } from './numbers';
import { RECORD } from './record';
import { REGEX } from './regex';
import { STATISTICS } from './statistics';
import { TEXT } from './text';

/** All functions of the language. Adding one: an entry in the file of its family. */
export const FUNCTIONS: readonly FormulaFunction[] = [
  ...LOGIC,
  ...TEXT,
  ...REGEX,
  ...NUMBERS,
  ...STATISTICS,
  ...DATES,
  ...DATE_TEXTS,
  ...LISTS,
  ...RECORD,
];

const BY_NAME: ReadonlyMap<string, FormulaFunction> = new Map(FUNCTIONS.map((fn) => [fn.name, fn]));

/** A function by name; capitals make no difference. */
export function findFunction(name: string): FormulaFunction | undefined {
  return BY_NAME.get(name.toUpperCase());
}

/** The function of a tree's node, whose name has been looked up. */
export function functionOf(name: string): FormulaFunction {
  const fn = BY_NAME.get(name);
  if (!fn) throw new Error(`a formula calls ${name}, which is no function`);
  return fn;
}

/** Names that people know from other languages. */
const ELSEWHERE: Readonly<Record<string, string>> = {
  CONCAT: 'CONCATENATE',
  CONTAINS: 'FIND',
  IFERROR: 'ISERROR',
  ISBLANK: 'BLANK',
  LENGTH: 'LEN',
  SUBSTR: 'MID',
  DATE: 'DATETIME_PARSE',
  DATEDIF: 'DATETIME_DIFF',
};
const MAX_TYPOS = 2;

/** The function that someone who wrote this unknown name may have meant. */
export function nearestFunction(name: string): string | undefined {
  const written = name.toUpperCase().slice(0, 30);
  const known = Object.hasOwn(ELSEWHERE, written) ? ELSEWHERE[written] : undefined;
  if (known !== undefined) return known;
  const near = FUNCTIONS.map((fn) => ({ name: fn.name, typos: typosBetween(written, fn.name) }))
    .filter(({ name: candidate, typos }) => typos <= Math.min(MAX_TYPOS, candidate.length - 2))
    .sort((a, b) => a.typos - b.typos);
  return near[0]?.name;
}

/** Levenshtein's distance: characters to add, drop or change. */
function typosBetween(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, i) => i);
  for (const [i, left] of [...a].entries()) {
    const next = [i + 1];
    for (const [j, right] of [...b].entries()) {
      const changed = (row[j] ?? 0) + (left === right ? 0 : 1);
      next.push(Math.min(changed, (row[j + 1] ?? 0) + 1, (next[j] ?? 0) + 1));
    }
    row = next;
  }
  return row[b.length] ?? 0;
}
