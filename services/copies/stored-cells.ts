import { z } from 'zod';
import type { CellValue } from '../../contracts/airtable';
import { SagatableError } from '../../contracts/errors';
import type { CountedRecord } from '../airtable/calls/base-answers';
import { distinct, isEmptyCell } from '../cells/canonical';
import { cellText } from '../cells/cells';
import { isEngineId } from '../engine/engine-ids';
import type { WriteContext } from '../engine/fields/field-type';
import { fieldTypeOf } from '../engine/fields/registry';
import { readAttachmentCell } from './attachment-cells';
import { readChoices } from './choices';
import type { HostedField, HostedTable } from './hosting';
import { readCollaborators } from './people';

/** The record shows that the schema is another by now: an option or a field that was not there. */
export class SchemaMoved extends Error {}

/** Hears of a cell that the engine cannot hold. */
export type OnRefused = (fieldId: string, reason: string) => void;

/** Copies write what is there: nothing is guessed at, chosen or made on the way. */
const AS_IT_IS: WriteContext = {
  typecast: false,
  people: [],
  addChoice: refuse,
  linkByText: refuse,
  attachUrl: refuse,
  keepAttachment: () => undefined,
};

function refuse(): never {
  throw new Error('a copied cell asked for what only a person’s write may');
}

/**
 * A record of the source as the engine keeps it: values by field id in stored form, without the empty ones. Throws
 * SchemaMoved when it has an option or a field that the schema at hand does not know, unless `lenient`: then that is
 * refused like any value that the engine cannot hold.
 */
export function storedCells(
  table: HostedTable,
  record: CountedRecord,
  lenient: boolean,
  onRefused: OnRefused,
): Record<string, CellValue> {
  const known = new Set(table.knownFieldIds);
  const strange = Object.keys(record.fields).find((id) => !known.has(id));
  if (strange !== undefined && !lenient) throw new SchemaMoved(strange);
  const cells: Record<string, CellValue> = {};
  for (const hosted of table.fields) {
    const value = record.fields[hosted.field.id];
    if (value === undefined || isEmptyCell(value)) continue;
    const stored = storedCell(hosted, value, lenient, onRefused);
    if (stored !== undefined && !isEmptyCell(stored)) cells[hosted.field.id] = stored;
  }
  return cells;
}

/** Undefined for a cell that follows from others, or was refused. */
function storedCell(
  hosted: HostedField,
  value: CellValue,
  lenient: boolean,
  onRefused: OnRefused,
): CellValue | undefined {
  const { field, source } = hosted;
  const convert = CONVERSIONS[field.type];
  try {
    if (convert) return convert(hosted, value, lenient);
    const type = fieldTypeOf(field);
    if (type.computed) return undefined;
    const given = source.type === field.type ? value : cellText({ ...field, ...source }, value);
    return type.parse(given, field, AS_IT_IS);
  } catch (error) {
    // Only what is wrong with the value is the value's; EngineError is such an error too.
    if (!(error instanceof SagatableError)) throw error;
    onRefused(field.id, error.message);
    return undefined;
  }
}

type Conversion = (hosted: HostedField, value: CellValue, lenient: boolean) => CellValue | undefined;

function optionId(hosted: HostedField, name: CellValue, lenient: boolean): string {
  const choice = readChoices(hosted.field.options).find((c) => c.name === name);
  if (choice) return choice.id;
  if (!lenient) throw new SchemaMoved(hosted.field.id);
  throw new SagatableError('InvalidInput', 'The field has no option of that name.', {
    code: 'unknown_option',
  });
}

const Ids = z.array(z.string().refine((id) => isEngineId('rec', id)));

/** The types whose stored form is not what their `parse` makes of the API's read form. */
const CONVERSIONS: Readonly<Record<string, Conversion>> = {
  singleSelect: optionId,
  multipleSelects: (hosted, value, lenient) =>
    Array.isArray(value) ? distinct(value.map((name) => optionId(hosted, name, lenient))) : undefined,
  multipleRecordLinks(_, value) {
    const ids = Ids.safeParse(value).data;
    return ids && distinct(ids);
  },
  singleCollaborator: (_, value) => readCollaborators(value)[0]?.id,
  multipleCollaborators: (_, value) => distinct(readCollaborators(value).map((person) => person.id)),
  multipleAttachments: (_, value) => readAttachmentCell(value).map((attachment) => attachment.id),
  // Computed, and yet kept: the number was given once.
  autoNumber: (_, value) => (typeof value === 'number' && Number.isSafeInteger(value) ? value : undefined),
};
