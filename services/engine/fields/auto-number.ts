import { computedWriting } from './computed';
import type { EngineFieldType } from './field-type';
import { numberReading } from './numbers';
import { refuseOptions } from './options';

/** A number that no other record of the table has. It is given by `numbering.ts` and kept in the cell. */
export const autoNumber: EngineFieldType = {
  ...numberReading,
  ...computedWriting,
  type: 'autoNumber',
  primary: true,
  options: (given, field) => refuseOptions(given, field.name),
  text: (stored) => (typeof stored === 'number' ? String(stored) : ''),
};
