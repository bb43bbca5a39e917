import { addUnits, startOf, unitOf } from '../functions/date-units';
import { toDate } from '../values';
import { exactly, UNKNOWN, type Bounds } from './bounds';
import type { FormulaColumn } from './columns';
import { compareMoment, faultless, isFilled, isWithin, type DateColumn } from './comparison';
import { ALWAYS, NEVER, not, type Condition } from './condition';
import type { Constant } from './constants';

/** IS_AFTER, IS_BEFORE or IS_SAME of a column and a constant, in this order. An empty date is an error, as in evaluating. */
export function compareDates(
  name: 'IS_AFTER' | 'IS_BEFORE' | 'IS_SAME',
  column: FormulaColumn,
  constant: Constant,
  unit: Constant,
): Bounds {
  if (column.kind !== 'day' && column.kind !== 'instant' && column.kind !== 'time') return UNKNOWN;
  const dates = { kind: column.kind, sql: column.sql };
  const at = constant.fault ? undefined : faultless(() => toDate(constant.value).at);
  const size = unit.fault ? undefined : faultless(() => unitOf(unit.value));
  if (at === undefined || size === undefined) return exactly(NEVER, ALWAYS);
  const condition =
    name === 'IS_SAME'
      ? isInUnit(dates, at, size)
      : compareMoment(dates, name === 'IS_AFTER' ? '>' : '<', at);
  return condition ? exactly(condition, not(isFilled(column))) : UNKNOWN;
}

function isInUnit(column: DateColumn, at: number, unit: string): Condition | undefined {
  const from = startOf({ at, dayOnly: false }, unit);
  const before = faultless(() => addUnits({ at: from, dayOnly: false }, 1, unit).at);
  return before === undefined ? undefined : isWithin(column, from, before);
}
