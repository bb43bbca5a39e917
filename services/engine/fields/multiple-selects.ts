import type { CellValue, FieldSchema } from '../../../contracts/airtable';
import { distinct } from '../../cells/canonical';
import { invalidValue } from '../engine-error';
import { choiceName, choicePlace, parseChoice, parseChoices } from './choices';
import { joinNames, splitNames } from './comma-list';
import type { EngineFieldType } from './field-type';

function names(stored: CellValue, field: FieldSchema): string[] {
  return Array.isArray(stored) ? stored.flatMap((id) => choiceName(id, field) ?? []) : [];
}

/** A list of option ids in the order they were chosen in; sorted by the first. */
export const multipleSelects: EngineFieldType = {
  type: 'multipleSelects',
  primary: false,
  mergeable: true,
  computed: false,
  options: (given, field) => parseChoices(given, field.name),
  parse(value, field, context) {
    const items = context.typecast && typeof value === 'string' ? splitNames(value) : value;
    if (!Array.isArray(items)) throw invalidValue(field.name, 'it takes a list of option names');
    return distinct(items.map((item) => parseChoice(item, field, context)));
  },
  read: names,
  formula: names,
  text: (stored, field) => joinNames(names(stored, field)),
  sort: (field, row) => ({ kind: 'number', sql: choicePlace(`${row}.cells->'${field.id}'->>0`, field) }),
};
