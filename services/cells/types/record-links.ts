import type { CellValue } from '../../../contracts/airtable';
import { canonicalJson, distinct, stringMember } from '../canonical';
import type { CellType } from '../cell-type';

/** Webhooks give `{id, name}`, records the id. */
function linkedId(value: CellValue): CellValue {
  return stringMember(value, 'id') ?? canonicalJson(value);
}

function linkText(value: CellValue): string {
  const shown = stringMember(value, 'name') ?? linkedId(value);
  return typeof shown === 'string' ? shown : JSON.stringify(shown);
}

/** Record ids in their order, each once: the order is part of the cell. */
export const recordLinks: CellType = {
  types: ['multipleRecordLinks'],
  normalize: (value) => (Array.isArray(value) ? distinct(value.map(linkedId)) : canonicalJson(value)),
  text: (value) => (Array.isArray(value) ? value.map(linkText).join(', ') : JSON.stringify(value)),
};
