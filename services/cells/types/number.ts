import { canonicalJson } from '../canonical';
import type { CellType } from '../cell-type';

/** Plain numbers. The field's precision is how they are shown, not what is stored: 7.25 is not 7.3. */
export const number: CellType = {
  types: ['number', 'count', 'autoNumber'],
  normalize: (value) => canonicalJson(value),
  text: (value) => (typeof value === 'number' ? String(value) : JSON.stringify(value)),
};
