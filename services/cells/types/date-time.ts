import type { CellValue, FieldSchema } from '../../../contracts/airtable';
import { canonicalJson } from '../canonical';
import { readInstant, writeInstant } from '../dates';
import type { CellType } from '../cell-type';

function instant(value: CellValue, field: FieldSchema): CellValue {
  if (typeof value !== 'string') return canonicalJson(value);
  const zone = field.options?.['timeZone'];
  const at = readInstant(value, typeof zone === 'string' ? zone : 'utc');
  return at === undefined ? value : writeInstant(at);
}

/** Instants, not strings: 07:00Z and 09:00+02:00 are one cell. */
export const dateTime: CellType = {
  types: ['dateTime', 'createdTime', 'lastModifiedTime'],
  normalize: instant,
  text(value, field) {
    const at = instant(value, field);
    return typeof at === 'string' ? at : JSON.stringify(at);
  },
};
