import { personName, personNameSql, readPerson } from './collaborators';
import { computedWriting } from './computed';
import type { EngineFieldType } from './field-type';
import { refuseOptions } from './options';

/** Who made the record; empty where nobody in particular did. */
export const createdBy: EngineFieldType = {
  ...computedWriting,
  type: 'createdBy',
  options: (given, field) => refuseOptions(given, field.name),
  compute: (record) => record.createdBy,
  reach: (record) => (record.createdBy === null ? {} : { people: [record.createdBy] }),
  read: (value, _field, context) => (typeof value === 'string' ? readPerson(value, context) : null),
  formula: (value, _field, context) => (typeof value === 'string' ? personName(value, context) : null),
  text: (value, _field, context) => (typeof value === 'string' ? personName(value, context) : ''),
  sort: (_field, row) => ({ kind: 'text', sql: personNameSql(`${row}.created_by`, row) }),
};
