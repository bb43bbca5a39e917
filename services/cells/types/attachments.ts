import type { CellValue } from '../../../contracts/airtable';
import { canonicalJson, distinct, stringMember } from '../canonical';
import type { CellType } from '../cell-type';

/** By id alone: URLs change every two hours, sizes and thumbnails appear later. New ones have no id yet. */
function attachment(value: CellValue): CellValue {
  const id = stringMember(value, 'id');
  return id === undefined ? canonicalJson(value) : { id };
}

function attachmentText(value: CellValue): string {
  return (
    stringMember(value, 'filename') ??
    stringMember(value, 'id') ??
    stringMember(value, 'url') ??
    JSON.stringify(value)
  );
}

export const attachments: CellType = {
  types: ['multipleAttachments'],
  normalize: (value) => (Array.isArray(value) ? distinct(value.map(attachment)) : canonicalJson(value)),
  text: (value) => (Array.isArray(value) ? value.map(attachmentText).join(', ') : JSON.stringify(value)),
};
