import type { CellValue } from '../../../contracts/airtable';
import { canonicalJson, distinct, stringMember } from '../canonical';
import type { CellType } from '../cell-type';

/** By id; by e-mail where that is all there is. Names are for people and change. */
function collaborator(value: CellValue): CellValue {
  if (typeof value === 'string') return { id: value };
  const id = stringMember(value, 'id');
  if (id !== undefined) return { id };
  const email = stringMember(value, 'email');
  return email === undefined ? canonicalJson(value) : { email };
}

function collaboratorText(value: CellValue): string {
  if (typeof value === 'string') return value;
  return (
    stringMember(value, 'name') ??
    stringMember(value, 'email') ??
    stringMember(value, 'id') ??
    JSON.stringify(value)
  );
}

export const singleCollaborator: CellType = {
  types: ['singleCollaborator', 'createdBy', 'lastModifiedBy'],
  normalize: collaborator,
  text: collaboratorText,
};

export const multipleCollaborators: CellType = {
  types: ['multipleCollaborators'],
  normalize: (value) => (Array.isArray(value) ? distinct(value.map(collaborator)) : canonicalJson(value)),
  text: (value) => (Array.isArray(value) ? value.map(collaboratorText).join(', ') : collaboratorText(value)),
};
