import { COMPUTED_TYPES } from '../../../contracts/airtable';
import { EngineError } from '../engine-error';
import { autoNumber } from './auto-number';
import { barcode } from './barcode';
import { checkbox } from './checkbox';
import { count } from './count';
import { createdBy } from './created-by';
import { createdTime } from './created-time';
import { currency } from './currency';
import { date } from './date';
import { dateTime } from './date-time';
import { duration } from './duration';
import { email } from './email';
import type { EngineFieldType } from './field-type';
import { lastModifiedBy } from './last-modified-by';
import { lastModifiedTime } from './last-modified-time';
import { lookupType } from './lookup';
import { multilineText } from './multiline-text';
import { multipleAttachments } from './multiple-attachments';
import { multipleCollaborators } from './multiple-collaborators';
import { multipleSelects } from './multiple-selects';
import { number } from './number';
import { percent } from './percent';
import { phoneNumber } from './phone-number';
import { rating } from './rating';
import { multipleRecordLinks } from './record-links';
import { richText } from './rich-text';
import { singleCollaborator } from './single-collaborator';
import { singleLineText } from './single-line-text';
import { singleSelect } from './single-select';
import { url } from './url';

/** The field types a base on the engine can have. */
export const FIELD_TYPES: readonly EngineFieldType[] = [
  singleLineText,
  multilineText,
  richText,
  email,
  url,
  phoneNumber,
  number,
  currency,
  percent,
  rating,
  duration,
  checkbox,
  singleSelect,
  multipleSelects,
  date,
  dateTime,
  singleCollaborator,
  multipleCollaborators,
  multipleAttachments,
  multipleRecordLinks,
  barcode,
  autoNumber,
  createdTime,
  lastModifiedTime,
  createdBy,
  lastModifiedBy,
  count,
  lookupType(fieldTypeOf),
];

const BY_NAME: ReadonlyMap<string, EngineFieldType> = new Map(FIELD_TYPES.map((type) => [type.type, type]));

/** The rules of a field that exists. */
export function fieldTypeOf(field: { readonly type: string }): EngineFieldType {
  const type = BY_NAME.get(field.type);
  if (!type) throw new Error(`the engine holds a field of type ${field.type}, which it does not know`);
  return type;
}

/** The rules of a type someone wants a new field of. Throws Airtable's 422 when there is none. */
export function creatableType(name: string): EngineFieldType {
  const type = BY_NAME.get(name);
  if (type) return type;
  const reason = COMPUTED_TYPES.has(name)
    ? 'is not supported at this time'
    : 'is not supported by this server yet';
  throw new EngineError(
    422,
    'UNSUPPORTED_FIELD_TYPE_FOR_CREATE',
    `Creating ${name.slice(0, 100)} fields ${reason}`,
  );
}
