import { canonicalJson } from '../canonical';
import type { CellType } from '../cell-type';

export const currency: CellType = {
  types: ['currency'],
  normalize: (value) => canonicalJson(value),
  text(value, field) {
    if (typeof value !== 'number') return JSON.stringify(value);
    const symbol = field.options?.['symbol'];
    const amount = `${typeof symbol === 'string' ? symbol : ''}${Math.abs(value)}`;
    return value < 0 ? `-${amount}` : amount;
  },
};
