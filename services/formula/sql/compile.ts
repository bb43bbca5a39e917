import { FormulaTooCostly } from '../formula-error';
import type { BinaryNode, CallNode, Node } from '../syntax';
import { isTruthy, toText } from '../values';
import { exactly, joined, negated, UNKNOWN, type Bounds } from './bounds';
import type { FormulaColumn, FormulaColumns } from './columns';
import { compareColumn, compareList, faultless, isStorable, isTrue } from './comparison';
import { all, ALWAYS, any, member, NEVER, not, sizeOf, test, writeCondition, type Bind } from './condition';
import { createConstants, fieldsOnly, type Constant, type Constants } from './constants';
import { compareDates } from './dates';

/** More pieces than this cost the database more in planning than they save. */
const MAX_SIZE = 500;

/** A formula as a condition on rows. */
export interface SqlFilter {
  /** Whether the condition holds for just the rows that the formula keeps; otherwise it may hold for more. */
  readonly exact: boolean;
  /** The condition, or undefined where it holds for all rows. Values are bound, never part of the text. */
  readonly sql?: (bind: Bind) => string;
}

/** What a database can check of a formula before rows are evaluated. `now`: ms since 1970, the moment of TODAY() and NOW(). */
export function compileToSql(node: Node, columns: FormulaColumns, now: number): SqlFilter {
  const bounds = boundsOf(node, columns, now);
  if (!bounds) return { exact: false };
  const { upper, fault, exact } = bounds;
  const condition = all([upper, not(fault)]);
  if (sizeOf(condition) > MAX_SIZE) return { exact: false };
  if (condition.kind === 'constant' && condition.holds) return { exact };
  return { exact, sql: (bind) => writeCondition(condition, bind) };
}

/** Undefined where the parts without fields cost too much to compute beforehand. */
function boundsOf(node: Node, columns: FormulaColumns, now: number): Bounds | undefined {
  try {
    return new Compiler(columns, createConstants(now)).boundsOf(node);
  } catch (error) {
    if (error instanceof FormulaTooCostly) return undefined;
    throw error;
  }
}

/** A column and a constant beside each other, in one order or the other. */
interface Sides {
  readonly column: FormulaColumn;
  readonly constant: Constant;
  readonly turned: boolean;
}

class Compiler {
  constructor(
    private readonly columns: FormulaColumns,
    private readonly constants: Constants,
  ) {}

  /** The rows for which a node counts as true. */
  boundsOf(node: Node): Bounds {
    if (node.kind === 'call' && (node.name === 'AND' || node.name === 'OR')) {
      const parts = node.args.map((arg) => this.boundsOf(arg));
      return joined(node.name === 'AND' ? 'all' : 'any', parts);
    }
    if (node.kind === 'call' && node.name === 'NOT')
      return negated(
        joined(
          'all',
          node.args.map((arg) => this.boundsOf(arg)),
        ),
      );
    return this.ofConstant(node) ?? this.ofChoice(node) ?? this.ofColumn(node);
  }

  private ofConstant(node: Node): Bounds | undefined {
    const constant = this.constants.valueOf(node);
    if (!constant) return undefined;
    return constant.fault ? exactly(NEVER, ALWAYS) : exactly(isTruthy(constant.value) ? ALWAYS : NEVER);
  }

  /** A node that looks at one field of few possible values: it is evaluated for each of them. */
  private ofChoice(node: Node): Bounds | undefined {
    const [name, ...others] = fieldsOnly(node) ?? [];
    const column = name !== undefined && others.length === 0 ? this.columns.field(name) : undefined;
    if (column?.kind !== 'choice') return undefined;
    const { sql, values } = column;
    const truths = [...values].map(([key, value]) => ({ key, truth: this.constants.truthWith(node, value) }));
    const blank = this.constants.truthWith(node, null);
    const where = (wanted: 'true' | 'fault') => {
      const keys = truths.filter(({ truth }) => truth === wanted).map(({ key }) => key);
      return any([member(sql, keys), blank === wanted ? not(member(sql, [...values.keys()])) : NEVER]);
    };
    return exactly(where('true'), where('fault'));
  }

  private ofColumn(node: Node): Bounds {
    const column = this.columnOf(node);
    if (column) return exactly(isTrue(column));
    if (node.kind === 'binary') return this.ofComparison(node);
    return node.kind === 'call' ? this.ofCall(node) : UNKNOWN;
  }

  private ofComparison({ operator, left, right }: BinaryNode): Bounds {
    const sides = this.sidesOf(left, right);
    if (!sides || sides.column.kind === 'choice') return UNKNOWN;
    const { column, constant, turned } = sides;
    if (constant.fault) return exactly(NEVER, ALWAYS);
    return column.kind === 'list'
      ? compareList(column, operator, constant.value)
      : compareColumn(column, operator, constant.value, turned);
  }

  private ofCall({ name, args }: CallNode): Bounds {
    const [first, second, third] = args;
    if (!first || !second) return UNKNOWN;
    if (name === 'FIND') return third ? UNKNOWN : this.ofFind(first, second);
    if (name !== 'IS_AFTER' && name !== 'IS_BEFORE' && name !== 'IS_SAME') return UNKNOWN;
    const sides = this.sidesOf(first, second);
    const unit = third ? this.constants.valueOf(third) : { fault: false, value: 'milliseconds' };
    if (!sides || !unit) return UNKNOWN;
    const turned = name === 'IS_AFTER' ? 'IS_BEFORE' : name === 'IS_BEFORE' ? 'IS_AFTER' : name;
    return compareDates(sides.turned ? turned : name, sides.column, sides.constant, unit);
  }

  private ofFind(what: Node, where: Node): Bounds {
    const [constant, column] = [this.constants.valueOf(what), this.columnOf(where)];
    if (column?.kind !== 'text' || !constant || constant.fault) return UNKNOWN;
    const sought = faultless(() => toText(constant.value));
    if (sought === undefined || !isStorable(sought)) return UNKNOWN;
    if (sought === '') return exactly(ALWAYS);
    return exactly(test((bind) => `position(${bind(sought)} in ${column.sql}) > 0`));
  }

  private sidesOf(left: Node, right: Node): Sides | undefined {
    const first = this.columnOf(left);
    const column = first ?? this.columnOf(right);
    const constant = this.constants.valueOf(first ? right : left);
    return column && constant && { column, constant, turned: !first };
  }

  /** The column that a node is, if it is no more than that. */
  private columnOf(node: Node): FormulaColumn | undefined {
    if (node.kind === 'field') return this.columns.field(node.name);
    if (node.kind === 'binary') return this.textOf(node);
    if (node.kind !== 'call') return undefined;
    if (node.name === 'RECORD_ID') return { kind: 'text', sql: this.columns.recordId };
    return node.name === 'CREATED_TIME' ? { kind: 'time', sql: this.columns.createdTime } : undefined;
  }

  /** `{Text} & ""`, which is how a name is compared without being taken for a number. */
  private textOf({ operator, left, right }: BinaryNode): FormulaColumn | undefined {
    if (operator !== '&' || right.kind !== 'text' || right.value !== '') return undefined;
    const column = left.kind === 'binary' ? undefined : this.columnOf(left);
    return column?.kind === 'text' ? { kind: 'text', sql: `coalesce(${column.sql}, '')` } : undefined;
  }
}
