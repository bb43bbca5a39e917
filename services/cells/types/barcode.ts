import { canonicalJson, stringMember } from '../canonical';
import type { CellType } from '../cell-type';

/** `{text, type?}`; a null type is no type. */
export const barcode: CellType = {
  types: ['barcode'],
  normalize(value) {
    if (value === null || typeof value !== 'object' || Array.isArray(value)) return canonicalJson(value);
    const { text, type, ...rest } = value;
    if (Object.keys(rest).length > 0 || typeof text !== 'string') return canonicalJson(value);
    if (text === '') return null;
    return type === undefined || type === null ? { text } : { text, type: canonicalJson(type) };
  },
  text: (value) => stringMember(value, 'text') ?? JSON.stringify(value),
};
