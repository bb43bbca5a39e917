import type { FieldSchema } from '../../contracts/airtable';
import type { CellType } from './cell-type';
import { attachments } from './types/attachments';
import { barcode } from './types/barcode';
import { checkbox } from './types/checkbox';
import { multipleCollaborators, singleCollaborator } from './types/collaborators';
import { currency } from './types/currency';
import { date } from './types/date';
import { dateTime } from './types/date-time';
import { duration } from './types/duration';
import { number } from './types/number';
import { other } from './types/other';
import { percent } from './types/percent';
import { rating } from './types/rating';
import { recordLinks } from './types/record-links';
import { multipleSelects, singleSelect } from './types/selects';
import { text } from './types/text';

const CELL_TYPES: readonly CellType[] = [
  text,
  number,
  percent,
  currency,
  rating,
  duration,
  checkbox,
  singleSelect,
  multipleSelects,
  date,
  dateTime,
  recordLinks,
  attachments,
  singleCollaborator,
  multipleCollaborators,
  barcode,
  other,
];

const BY_NAME: ReadonlyMap<string, CellType> = new Map(
  CELL_TYPES.flatMap((type) => type.types.map((name) => [name, type] as const)),
);

/** Formulas and rollups name the type of what they result in; its rules count. */
function resultField(field: FieldSchema): FieldSchema | undefined {
  const result = field.options?.['result'];
  if (typeof result !== 'object' || result === null || !('type' in result)) return undefined;
  if (typeof result.type !== 'string') return undefined;
  const options = 'options' in result && typeof result.options === 'object' ? result.options : null;
  return {
    id: field.id,
    name: field.name,
    type: result.type,
    options: options === null ? null : { ...options },
  };
}

/** The rules for a field's cells and the field to hand them: for a formula, its result stands in. */
export function cellTypeOf(field: FieldSchema): { type: CellType; field: FieldSchema } {
  const named = BY_NAME.get(field.type);
  if (named) return { type: named, field };
  const result = resultField(field);
  return { type: (result && BY_NAME.get(result.type)) ?? other, field: result ?? field };
}
