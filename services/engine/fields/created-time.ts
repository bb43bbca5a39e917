import { z } from 'zod';
import { computedWriting } from './computed';
import { DEFAULT_RESULT, TimeResult } from './date-formats';
import type { EngineFieldType } from './field-type';
import { momentReading } from './moments';
import { readOptions } from './options';

const Options = z.strictObject({ result: TimeResult.default(DEFAULT_RESULT) });

/** When the record was made: ISO in UTC, whatever the field shows. */
export const createdTime: EngineFieldType = {
  ...computedWriting,
  ...momentReading,
  type: 'createdTime',
  options: (given, field) => readOptions(Options, given ?? {}, field.name),
  compute: (record) => record.createdTime,
  sort: (_field, row) => ({ kind: 'number', sql: `extract(epoch FROM ${row}.created_time)::numeric` }),
};
