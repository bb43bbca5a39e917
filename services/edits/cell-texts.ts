import type { CellValue, FieldSchema } from '../../contracts/airtable';
import { cellText } from '../cells/cells';

/** A cell for people; what is empty says so. */
export function showCell(field: FieldSchema, value: CellValue): string {
  return cellText(field, value) || 'empty';
}

/** A number of things, such as “1 record” and “2,000 records”. */
export function plural(n: number, one: string): string {
  return `${n.toLocaleString('en')} ${one}${n === 1 ? '' : 's'}`;
}
