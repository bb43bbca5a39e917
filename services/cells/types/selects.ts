import type { CellValue } from '../../../contracts/airtable';
import { canonicalJson, distinct, stringMember } from '../canonical';
import type { CellType } from '../cell-type';

/** Read answers and webhooks give `{id, name, color}`, plain lists the name. */
function optionName(value: CellValue): CellValue {
  return stringMember(value, 'name') ?? canonicalJson(value);
}

function optionText(value: CellValue): string {
  const name = optionName(value);
  return typeof name === 'string' ? name : JSON.stringify(name);
}

export const singleSelect: CellType = {
  types: ['singleSelect'],
  normalize: optionName,
  text: optionText,
};

/** Options in the order they were chosen in, as Airtable keeps them; each counts once. */
export const multipleSelects: CellType = {
  types: ['multipleSelects'],
  normalize: (value) => (Array.isArray(value) ? distinct(value.map(optionName)) : canonicalJson(value)),
  text: (value) => (Array.isArray(value) ? value.map(optionText).join(', ') : optionText(value)),
};
