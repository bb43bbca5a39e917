import { COMPUTED_TYPES } from '../../../contracts/airtable';
import { invalidOptions } from '../engine-error';
import { isEngineId } from '../engine-ids';
import { optionText, type EngineField, type EngineTable } from '../schema';

/** A field of a list by id, or by name: who makes a table does not know the ids yet. */
export function findReferred(fields: readonly EngineField[], idOrName: string): EngineField | undefined {
  return fields.find((field) => field.id === idOrName) ?? fields.find((field) => field.name === idOrName);
}

/** Whether what a computed field refers to is there: its option `isValid`. */
export function isValid(field: EngineField): boolean {
  return field.options?.['isValid'] !== false;
}

/** The fields whose changes a lastModified field follows; none means all that can be written. */
export function followedFields(field: EngineField): readonly string[] {
  const ids: unknown = field.options?.['referencedFieldIds'];
  return Array.isArray(ids) ? ids.filter((id) => typeof id === 'string') : [];
}

/** The ids of fields to follow. Throws EngineError for one that is not there, or that nobody writes. */
export function chooseFollowed(
  wanted: readonly string[],
  fieldName: string,
  fields: readonly EngineField[],
): string[] {
  const ids = wanted.map((idOrName) => {
    const found = findReferred(fields, idOrName);
    const name = idOrName.slice(0, 100);
    if (!found)
      throw invalidOptions(fieldName, `referencedFieldIds names "${name}", which is no field of this table`);
    if (COMPUTED_TYPES.has(found.type))
      throw invalidOptions(fieldName, `"${name}" is computed: its changes cannot be followed`);
    return found.id;
  });
  return [...new Set(ids)];
}

/** Whether all fields that a lastModified field follows are there. */
export function areFollowed(field: EngineField, table: EngineTable): boolean {
  const ids = new Set(table.fields.map((other) => other.id));
  return followedFields(field).every((id) => ids.has(id));
}

/** What a count or lookup goes along: the link field of its own table, and the table that leads to. */
export interface Path {
  readonly link: EngineField;
  readonly linked: EngineTable;
}

/** The way of the option `recordLinkFieldId`. Undefined when the field or the table behind it is missing. */
export function findPath(
  recordLinkFieldId: string | undefined,
  fields: readonly EngineField[],
  tables: readonly EngineTable[],
): Path | undefined {
  const link = recordLinkFieldId === undefined ? undefined : findReferred(fields, recordLinkFieldId);
  if (link?.type !== 'multipleRecordLinks' || !isEngineId('fld', link.id)) return undefined;
  const linked = tables.find((table) => table.id === optionText(link, 'linkedTableId'));
  return linked && { link, linked };
}
