import { evaluate } from '../../../services/formula/evaluate';
import type { FormulaRow } from '../../../services/formula/functions/formula-function';
import { parseFormula } from '../../../services/formula/parse';
import type { FormulaValue } from '../../../services/formula/values';

const FIELDS: Readonly<Record<string, FormulaValue>> = {
  Title: 'The Thing',
  'Release Date': { at: Date.UTC(2041, 0, 31), dayOnly: true },
  Gross: 12.5,
  Zero: 0,
  Empty: null,
  Genres: ['Horror', 'Drama'],
  Numbers: [4, 8],
  Repeats: ['a', '', 'b', 'a', null],
  Seen: true,
  'odd } name': 'odd',
  'back\\slash': 'slashed',
  fldAAAAAAAAAAAAAA: 'by id',
};
const MODIFIED: Readonly<Record<string, number>> = {
  Title: Date.UTC(2026, 1, 2),
  Gross: Date.UTC(2026, 1, 3),
};

/** A row of a film, looked at on March 1, 2026, a Sunday. */
export const row: FormulaRow = {
  recordId: 'recAAAAAAAAAAAAAA',
  createdTime: Date.UTC(2026, 1, 1),
  now: Date.UTC(2026, 2, 1, 12, 30),
  field: (name) => FIELDS[name] ?? null,
  modifiedTime(names) {
    const times = (names.length === 0 ? Object.keys(MODIFIED) : names).map((name) => MODIFIED[name] ?? 0);
    return Math.max(...times) || undefined;
  },
};

/** The value of a formula for that row. */
export function valueOf(text: string): FormulaValue {
  return evaluate(parseFormula(text), row);
}
