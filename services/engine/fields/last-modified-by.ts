import { z } from 'zod';
import { personName, personNameSql, readPerson } from './collaborators';
import { computedWriting } from './computed';
import type { EngineFieldType } from './field-type';
import { lastChange, lastChangeSql } from './last-change';
import { readOptions } from './options';
import { areFollowed, chooseFollowed, isValid } from './references';

/** Airtable gives this type no options; choosing fields is an extension, shown only where it is used. */
const Options = z.strictObject({ referencedFieldIds: z.array(z.string()).max(500).default([]) });

/** Who last changed the chosen fields of the record, or any that can be written. */
export const lastModifiedBy: EngineFieldType = {
  ...computedWriting,
  type: 'lastModifiedBy',
  options(given, field, context) {
    const { referencedFieldIds } = readOptions(Options, given ?? {}, field.name);
    if (referencedFieldIds.length === 0) return undefined;
    return {
      isValid: true,
      referencedFieldIds: chooseFollowed(referencedFieldIds, field.name, context.fields),
    };
  },
  complete: (field, { table }) => (field.options ? { isValid: areFollowed(field, table) } : undefined),
  compute: (record, field, { base }) =>
    isValid(field) ? (lastChange(record, field, base)?.[1] ?? null) : null,
  reach(record, field, base) {
    const by = isValid(field) ? lastChange(record, field, base)?.[1] : undefined;
    return by == null ? {} : { people: [by] };
  },
  read: (value, _field, context) => (typeof value === 'string' ? readPerson(value, context) : null),
  formula: (value, _field, context) => (typeof value === 'string' ? personName(value, context) : null),
  text: (value, _field, context) => (typeof value === 'string' ? personName(value, context) : ''),
  sort: (field, row) => ({
    kind: 'text',
    sql: isValid(field) ? personNameSql(`(${lastChangeSql(field, row)}->>1)`, row) : `''::text`,
  }),
};
