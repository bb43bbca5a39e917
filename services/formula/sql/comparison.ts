import { writeInstant } from '../../cells/dates';
import { operate } from '../evaluate';
import { FormulaFault } from '../formula-error';
import type { Operator } from '../syntax';
import { isDate, isList, toDate, toNumber, type FormulaValue } from '../values';
import { exactly, UNKNOWN, type Bounds } from './bounds';
import type { FormulaColumn } from './columns';
import { all, ALWAYS, any, member, NEVER, not, test, type Condition } from './condition';

type Order = '=' | '<' | '<=' | '>' | '>=';
type PlainColumn = Exclude<FormulaColumn, { kind: 'choice' | 'list' }>;
export type DateColumn = { readonly kind: 'day' | 'instant' | 'time'; readonly sql: string };

const DAY_MS = 86_400_000;
/** The same comparison with its sides changed. */
const TURNED: Readonly<Record<Order, Order>> = { '=': '=', '<': '>', '<=': '>=', '>': '<', '>=': '<=' };

function isOrder(operator: Operator): operator is Order {
  return Object.hasOwn(TURNED, operator);
}

/** What a computation gives, undefined where it is an error of the row. */
export function faultless<T>(compute: () => T): T | undefined {
  try {
    return compute();
  } catch (error) {
    if (error instanceof FormulaFault) return undefined;
    throw error;
  }
}

/** Whether a text can be handed to the database. */
export function isStorable(text: string): boolean {
  return text.isWellFormed() && !text.includes('\0');
}

/** Where the column is not BLANK(). */
export function isFilled(column: PlainColumn): Condition {
  return test(() => `${column.sql} IS NOT NULL`);
}

/** `column operator constant`, or with `turned` sides `constant operator column`. */
export function compareColumn(
  column: PlainColumn,
  operator: Operator,
  constant: FormulaValue,
  turned: boolean,
): Bounds {
  if (operator === '!=') {
    const equal = compareColumn(column, '=', constant, turned);
    return { ...equal, upper: not(equal.lower), lower: not(equal.upper) };
  }
  if (!isOrder(operator)) return UNKNOWN;
  const filled = isList(constant)
    ? undefined
    : compareFilled(column, turned ? TURNED[operator] : operator, constant);
  if (!filled) return UNKNOWN;
  const blank = turned ? operate(operator, constant, null) : operate(operator, null, constant);
  return exactly(blank === true ? any([filled, not(isFilled(column))]) : filled);
}

/** The comparison for the rows where the column is filled; undefined when the database cannot tell. */
function compareFilled(column: PlainColumn, order: Order, constant: FormulaValue): Condition | undefined {
  if (column.kind === 'text') return compareText(column.sql, order, constant);
  if (column.kind === 'number') return compareNumber(column, order, constant);
  const at = faultless(() => toDate(constant).at);
  return at === undefined ? NEVER : compareMoment({ kind: column.kind, sql: column.sql }, order, at);
}

function compareText(sql: string, order: Order, constant: FormulaValue): Condition | undefined {
  if (constant !== null && typeof constant !== 'string') {
    return order === '=' && !isDate(constant) ? NEVER : undefined;
  }
  const text = constant ?? '';
  if (!isStorable(text)) return undefined;
  return order === '=' ? member(sql, [text]) : test((bind) => `${sql} COLLATE "C" ${order} ${bind(text)}`);
}

function compareNumber(column: PlainColumn, order: Order, constant: FormulaValue): Condition | undefined {
  if (order === '=' && typeof constant === 'string') return NEVER;
  const number = faultless(() => toNumber(constant));
  if (number === undefined || Number.isNaN(number)) return NEVER;
  // Every number of a column is between the infinities.
  if (!Number.isFinite(number)) return operate(order, 0, number) === true ? isFilled(column) : NEVER;
  return test((bind) => `${column.sql} ${order} ${bind(String(number))}::numeric`);
}

/** A date column beside a moment (ms since 1970); undefined for moments that the column's form does not have. */
export function compareMoment(column: DateColumn, order: Order, at: number): Condition | undefined {
  const year = new Date(at).getUTCFullYear();
  if (!(year >= 1 && year <= 9999)) return undefined;
  if (column.kind === 'time') {
    return test((bind) => `${column.sql} ${order} ${bind(writeInstant(at))}::timestamptz`);
  }
  if (column.kind === 'instant') {
    return test((bind) => `${column.sql} COLLATE "C" ${order} ${bind(writeInstant(at))}`);
  }
  // A day is its first moment: one that comes before noon of the 5th is before the 6th.
  const midnight = Math.floor(at / DAY_MS) * DAY_MS;
  if (order === '=' && midnight !== at) return NEVER;
  const limit = at === midnight || order === '<=' || order === '>' ? midnight : midnight + DAY_MS;
  if (new Date(limit).getUTCFullYear() > 9999) return undefined;
  return test((bind) => `${column.sql} COLLATE "C" ${order} ${bind(writeInstant(limit).slice(0, 10))}`);
}

/** A column's rows from one moment on and before another. Undefined when the database cannot tell. */
export function isWithin(column: DateColumn, from: number, before: number): Condition | undefined {
  const [start, end] = [compareMoment(column, '>=', from), compareMoment(column, '<', before)];
  return start && end && all([start, end]);
}

/** Whether the value of a column counts as true. */
export function isTrue(column: FormulaColumn): Condition {
  switch (column.kind) {
    case 'text':
      return test(() => `${column.sql} <> ''`);
    case 'number':
      return test(() => `${column.sql} <> 0`);
    case 'list':
      return test(() => column.sql);
    case 'choice':
      return member(column.sql, [...column.values.keys()]);
    default:
      return isFilled(column);
  }
}

/** A list beside BLANK() or an empty text, which is all that the database can tell of one. */
export function compareList(
  column: Extract<FormulaColumn, { kind: 'list' }>,
  operator: Operator,
  constant: FormulaValue,
): Bounds {
  if ((operator !== '=' && operator !== '!=') || (constant !== null && constant !== '')) return UNKNOWN;
  const empty = not(isTrue(column));
  // A list of nothing but empty texts is equal to BLANK() too.
  const equal = column.filled ? exactly(empty) : { ...UNKNOWN, lower: empty, upper: ALWAYS };
  return operator === '=' ? equal : { ...equal, upper: not(equal.lower), lower: not(equal.upper) };
}
