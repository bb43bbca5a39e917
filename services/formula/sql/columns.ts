import type { FormulaValue } from '../values';

/**
 * Where the database finds what a formula sees in a field. `sql` speaks of one row and is NULL where the field is BLANK().
 * - text: text that is never empty
 * - number: numeric, never NaN or infinite
 * - day: text yyyy-mm-dd; instant: text in the form of Date.toISOString(); time: timestamptz
 * - choice: text, one of the keys of `values`, each of which means that value; any other key is BLANK()
 * - list: a boolean, whether the list has items; `filled` when none of them can be without text
 */
export type FormulaColumn =
  | { readonly kind: 'text' | 'number' | 'day' | 'instant' | 'time'; readonly sql: string }
  | { readonly kind: 'choice'; readonly sql: string; readonly values: ReadonlyMap<string, FormulaValue> }
  | { readonly kind: 'list'; readonly sql: string; readonly filled: boolean };

/** The columns of a table. */
export interface FormulaColumns {
  /** Text, never NULL. */
  readonly recordId: string;
  /** timestamptz in whole milliseconds, never NULL. */
  readonly createdTime: string;
  /** The column of a field by the name or id that the formula calls it by; undefined when there is none to compare. */
  field(name: string): FormulaColumn | undefined;
}
