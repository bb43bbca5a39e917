import type { CellValue } from '../../../contracts/airtable';
import { stringMember } from '../../cells/canonical';
import { invalidValue } from '../engine-error';
import { isStorable } from '../storable-text';
import type { EngineFieldType } from './field-type';
import { refuseOptions } from './options';
import { parseText } from './texts';

/** Longest name of a kind of barcode. */
const MAX_TYPE = 100;

const textOf = (stored: CellValue) => stringMember(stored, 'text') ?? '';

/** `{text, type?}`, for example `{text: '4006381333931', type: 'upce'}`. */
export const barcode: EngineFieldType = {
  type: 'barcode',
  primary: true,
  mergeable: false,
  computed: false,
  options: (given, field) => refuseOptions(given, field.name),
  parse(value, field, context) {
    if (context.typecast && typeof value === 'string') return { text: parseText(value, field, context) };
    if (value === null || typeof value !== 'object' || Array.isArray(value))
      throw invalidValue(field.name, 'it takes {text, type?}');
    const { text = null, type = null, ...others } = value;
    if (Object.keys(others).length > 0 || (type !== null && typeof type !== 'string'))
      throw invalidValue(field.name, 'it takes {text, type?}');
    if (text === null || text === '') return null;
    const kept = parseText(text, field, { ...context, typecast: false });
    if (type === null || type === '') return { text: kept };
    if (type.length > MAX_TYPE || !isStorable(type))
      throw invalidValue(field.name, 'that is no type of a barcode');
    return { text: kept, type };
  },
  read: (stored) => stored,
  formula: textOf,
  text: textOf,
  sort: (field, row) => ({ kind: 'text', sql: `coalesce(lower(${row}.cells->'${field.id}'->>'text'), '')` }),
};
