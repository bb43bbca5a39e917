import { z } from 'zod';
import { invalidOptions } from '../engine-error';
import { isEngineId } from '../engine-ids';
import { linkedIds } from '../links';
import { optionText, type EngineField } from '../schema';
import { computedWriting } from './computed';
import type { EngineFieldType } from './field-type';
import { readOptions } from './options';
import { findPath, isValid } from './references';

const Options = z.strictObject({ recordLinkFieldId: z.string() });

const linkOf = (field: EngineField) => optionText(field, 'recordLinkFieldId') ?? '';

/** How many records a link field of the same table holds; 0 is a value. */
export const count: EngineFieldType = {
  ...computedWriting,
  type: 'count',
  options(given, field, context) {
    const { recordLinkFieldId } = readOptions(Options, given, field.name);
    const path = findPath(recordLinkFieldId, context.fields, context.base.tables);
    if (!path) throw invalidOptions(field.name, 'recordLinkFieldId is no link field of this table');
    return { isValid: true, recordLinkFieldId: path.link.id };
  },
  complete: (field, { table, tables }) => ({
    isValid: findPath(linkOf(field), table.fields, tables) !== undefined,
  }),
  compute: (record, field) => (isValid(field) ? linkedIds(record.cells[linkOf(field)]).length : null),
  read: (value) => value,
  formula: (value) => (typeof value === 'number' ? value : null),
  text: (value) => (typeof value === 'number' ? String(value) : ''),
  sort: (field, row) => ({
    kind: 'number',
    sql:
      isValid(field) && isEngineId('fld', linkOf(field))
        ? `jsonb_array_length(coalesce(${row}.cells->'${linkOf(field)}', '[]'))::numeric`
        : `'-Infinity'::numeric`,
  }),
};
