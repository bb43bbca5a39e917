import type { CellValue } from '../../../contracts/airtable';
import { canonicalJson, stringMember } from '../canonical';
import type { CellType } from '../cell-type';

function anyText(value: CellValue): string {
  if (Array.isArray(value)) return value.map(anyText).join(', ');
  if (typeof value === 'string') return value;
  return (
    stringMember(value, 'name') ??
    stringMember(value, 'label') ??
    stringMember(value, 'text') ??
    stringMember(value, 'value') ??
    JSON.stringify(value)
  );
}

/** Types that have no rule of their own, and types yet to come: compared as canonical JSON. */
export const other: CellType = {
  types: ['multipleLookupValues', 'button', 'aiText'],
  normalize: (value) => canonicalJson(value),
  text: anyText,
};
