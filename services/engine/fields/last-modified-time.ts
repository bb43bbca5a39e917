import { z } from 'zod';
import { computedWriting } from './computed';
import { DEFAULT_RESULT, TimeResult } from './date-formats';
import type { EngineFieldType } from './field-type';
import { lastChange, lastChangeSql } from './last-change';
import { momentReading } from './moments';
import { readOptions } from './options';
import { areFollowed, chooseFollowed, isValid } from './references';

const Options = z.strictObject({
  referencedFieldIds: z.array(z.string()).max(500).default([]),
  result: TimeResult.default(DEFAULT_RESULT),
});

/** When the chosen fields of the record, or all that can be written, were last changed. */
export const lastModifiedTime: EngineFieldType = {
  ...computedWriting,
  ...momentReading,
  type: 'lastModifiedTime',
  options(given, field, context) {
    const { referencedFieldIds, result } = readOptions(Options, given ?? {}, field.name);
    const followed = chooseFollowed(referencedFieldIds, field.name, context.fields);
    return { isValid: true, referencedFieldIds: followed, result };
  },
  complete: (field, { table }) => ({ isValid: areFollowed(field, table) }),
  compute: (record, field, { base }) =>
    isValid(field) ? (lastChange(record, field, base)?.[0] ?? null) : null,
  sort: (field, row) => ({
    kind: 'text',
    sql: isValid(field) ? `coalesce(${lastChangeSql(field, row)}->>0, '')` : `''::text`,
  }),
};
