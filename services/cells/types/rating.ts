import { canonicalJson } from '../canonical';
import type { CellType } from '../cell-type';

/** 1 to the field's max; 0 is how some clients say "none". */
export const rating: CellType = {
  types: ['rating'],
  normalize: (value) => (value === 0 ? null : canonicalJson(value)),
  text: (value) => (typeof value === 'number' ? String(value) : JSON.stringify(value)),
};
