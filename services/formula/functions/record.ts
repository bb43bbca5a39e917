import { dateAt } from '../values';
import { eager, type FormulaFunction } from './formula-function';

export const RECORD: readonly FormulaFunction[] = [
  eager('RECORD_ID', 0, 0, (_, row) => row.recordId),
  eager('CREATED_TIME', 0, 0, (_, row) => dateAt(row.createdTime)),
];
