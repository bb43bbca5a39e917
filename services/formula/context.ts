import { RE2JS, RE2JSException } from 're2js';
import { FormulaFault, FormulaTooCostly } from './formula-error';
import { isList, type FormulaValue } from './values';

/**
 * Work one row may cost: about one unit a character read by a function, and one a character and instruction of a
 * regular expression. At the limit a row takes about a second, so that no formula stops the process.
 */
const MAX_EFFORT = 20_000_000;
/** Longest regular expression. */
const MAX_PATTERN = 1_000;
/** Things remembered of each kind; a formula that makes more of them from row to row begins anew. */
const MAX_REMEMBERED = 100;

/** What evaluating one formula over many rows shares: things that are slow to make, and the work spent on the row. */
export interface FormulaContext {
  /** Before each row. */
  begin(): void;
  /** Throws FormulaTooCostly when the row has cost more than one may. */
  spend(effort: number): void;
  /** A compiled regular expression; matching takes time linear in the text. Throws FormulaFault for one that is none. */
  regex(pattern: string): RE2JS;
  /** A formatter that was made for this key before, or a new one. */
  formatter(key: string, make: () => Intl.DateTimeFormat): Intl.DateTimeFormat;
}

/** A context for one formula of one request. */
export function createFormulaContext(): FormulaContext {
  let effort = 0;
  const patterns = new Map<string, RE2JS>();
  const formatters = new Map<string, Intl.DateTimeFormat>();
  return {
    begin() {
      effort = 0;
    },
    spend(more) {
      effort += more;
      if (effort > MAX_EFFORT) throw new FormulaTooCostly();
    },
    regex: (pattern) => remember(patterns, pattern, () => compile(pattern)),
    formatter: (key, make) => remember(formatters, key, make),
  };
}

function remember<T>(kept: Map<string, T>, key: string, make: () => T): T {
  const known = kept.get(key);
  if (known !== undefined) return known;
  const made = make();
  if (kept.size >= MAX_REMEMBERED) kept.clear();
  kept.set(key, made);
  return made;
}

/** RE2's dialect, which Airtable's formulas have: no look-around, no back-references. */
function compile(pattern: string): RE2JS {
  if (pattern.length > MAX_PATTERN) throw new FormulaFault('the regular expression is too long');
  try {
    return RE2JS.compile(pattern);
  } catch (error) {
    if (error instanceof RE2JSException) throw new FormulaFault('the regular expression cannot be read');
    throw error;
  }
}

/** What reading a value costs: its characters, and one for each item. */
export function effortOf(value: FormulaValue): number {
  if (typeof value === 'string') return value.length + 1;
  return isList(value) ? value.reduce<number>((sum, item) => sum + effortOf(item), 1) : 1;
}
