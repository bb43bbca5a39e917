import { dateAt } from '../values';
import { eager, type FormulaFunction } from './formula-function';

export const RECORD: readonly FormulaFunction[] = [
  eager('RECORD_ID', 0, 0, (_, row) => row.recordId),
  eager('CREATED_TIME', 0, 0, (_, row) => dateAt(row.createdTime)),
  {
    name: 'LAST_MODIFIED_TIME',
    min: 0,
    max: Infinity,
    ofFields: true,
    call(args, row) {
      const names = Array.from({ length: args.count }, (_, i) => args.field(i) ?? '');
      const at = row.modifiedTime(names);
      return at === undefined ? null : dateAt(at);
    },
  },
];
