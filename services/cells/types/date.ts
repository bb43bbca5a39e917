import { canonicalJson } from '../canonical';
import { readDay } from '../dates';
import type { CellType } from '../cell-type';

/** A day without a time: never an instant, so no time zone can move it. */
export const date: CellType = {
  types: ['date'],
  normalize: (value) => (typeof value === 'string' ? (readDay(value) ?? value) : canonicalJson(value)),
  text: (value) => (typeof value === 'string' ? (readDay(value) ?? value) : JSON.stringify(value)),
};
