import { choiceName, choicePlace, parseChoice, parseChoices } from './choices';
import type { EngineFieldType } from './field-type';

/** Stored by option id; sorted by the place of the option in the list. */
export const singleSelect: EngineFieldType = {
  type: 'singleSelect',
  primary: false,
  mergeable: true,
  computed: false,
  options: (given, field) => parseChoices(given, field.name),
  parse: parseChoice,
  read: (stored, field) => choiceName(stored, field) ?? null,
  formula: (stored, field) => choiceName(stored, field) ?? null,
  text: (stored, field) => choiceName(stored, field) ?? '',
  sort: (field, row) => ({ kind: 'number', sql: choicePlace(`${row}.cells->>'${field.id}'`, field) }),
};
