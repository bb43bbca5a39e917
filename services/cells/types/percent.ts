import { canonicalJson } from '../canonical';
import type { CellType } from '../cell-type';

/** 0.123 is 12.3 %. Fifteen digits hide what binary fractions add (0.07 × 100 = 7.000000000000001). */
export const percent: CellType = {
  types: ['percent'],
  normalize: (value) => canonicalJson(value),
  text: (value) =>
    typeof value === 'number' ? `${Number((value * 100).toPrecision(15))}%` : JSON.stringify(value),
};
