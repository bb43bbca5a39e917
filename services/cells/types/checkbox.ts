import { canonicalJson } from '../canonical';
import type { CellType } from '../cell-type';

/** True or absent; false is empty like everywhere (see `isEmptyCell`). */
export const checkbox: CellType = {
  types: ['checkbox'],
  normalize: (value) => canonicalJson(value),
  text: (value) => (value === true ? 'checked' : JSON.stringify(value)),
};
