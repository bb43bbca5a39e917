import { canonicalJson } from '../canonical';
import type { CellType } from '../cell-type';

/** Everything whose cell is a string. Compared character by character: no trimming, no case folding. */
export const text: CellType = {
  types: ['singleLineText', 'multilineText', 'richText', 'email', 'url', 'phoneNumber', 'externalSyncSource'],
  normalize: (value) => canonicalJson(value),
  text: (value) => (typeof value === 'string' ? value : JSON.stringify(value)),
};
