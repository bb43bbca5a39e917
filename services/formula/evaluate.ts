import { areEqual, compare } from './compare';
import { createFormulaContext, effortOf, type FormulaContext } from './context';
import { FormulaFault } from './formula-error';
import type { FormulaRow } from './functions/formula-function';
import { functionOf } from './functions/registry';
import { chainOf, type BinaryNode, type CallNode, type Node, type Operator } from './syntax';
import { bounded, isTruthy, toNumber, toText, type FormulaValue } from './values';

/**
 * The value of a formula for one row; numbers may be NaN or infinite. Throws FormulaFault where Airtable shows #ERROR!,
 * FormulaTooCostly when the row asks for too much. Over many rows, give them all the same context.
 */
export function evaluate(node: Node, row: FormulaRow, context = createFormulaContext()): FormulaValue {
  context.begin();
  return valueOf(node, row, context);
}

/** Whether a filter keeps the row: not for 0, false, "", NaN, [] or an error. Throws FormulaTooCostly. */
export function keepsRow(node: Node, row: FormulaRow, context = createFormulaContext()): boolean {
  try {
    return isTruthy(evaluate(node, row, context));
  } catch (error) {
    if (error instanceof FormulaFault) return false;
    throw error;
  }
}

function valueOf(node: Node, row: FormulaRow, context: FormulaContext): FormulaValue {
  switch (node.kind) {
    case 'number':
    case 'text':
      return node.value;
    case 'field':
      return row.field(node.name);
    case 'negate':
      return -toNumber(valueOf(node.operand, row, context)) + 0;
    case 'binary':
      return valueOfChain(node, row, context);
    case 'call':
      return valueOfCall(node, row, context);
  }
}

function valueOfChain(node: BinaryNode, row: FormulaRow, context: FormulaContext): FormulaValue {
  if (node.left.kind !== 'binary') return valueOfStep(valueOf(node.left, row, context), node, row, context);
  const { first, steps } = chainOf(node);
  let value = valueOf(first, row, context);
  for (const step of steps) value = valueOfStep(value, step, row, context);
  return value;
}

function valueOfStep(
  left: FormulaValue,
  { operator, right: node }: BinaryNode,
  row: FormulaRow,
  context: FormulaContext,
): FormulaValue {
  const right = valueOf(node, row, context);
  // What "&" makes grows from step to step, but is not read again.
  context.spend(effortOf(right) + (operator === '&' ? 1 : effortOf(left)));
  return operate(operator, left, right);
}

function valueOfCall({ name, args }: CallNode, row: FormulaRow, context: FormulaContext): FormulaValue {
  const fn = functionOf(name);
  context.spend(1);
  const lazy = {
    count: args.length,
    value(index: number) {
      const arg = args[index];
      if (arg === undefined) return null;
      const value = valueOf(arg, row, context);
      context.spend(effortOf(value));
      return value;
    },
    field(index: number) {
      const arg = args[index];
      return arg?.kind === 'field' ? arg.name : undefined;
    },
  };
  return fn.call(lazy, row, context);
}

/** The value of an operator with its two sides. Throws FormulaFault. */
export function operate(operator: Operator, a: FormulaValue, b: FormulaValue): FormulaValue {
  switch (operator) {
    case '+':
      return toNumber(a) + toNumber(b);
    case '-':
      return toNumber(a) - toNumber(b);
    case '*':
      return toNumber(a) * toNumber(b) + 0;
    case '/':
      return toNumber(a) / toNumber(b) + 0;
    case '&':
      return bounded(toText(a) + toText(b));
    case '=':
      return areEqual(a, b);
    case '!=':
      return !areEqual(a, b);
    case '<':
    case '<=':
    case '>':
    case '>=':
      return isInOrder(operator, compare(a, b));
  }
}

function isInOrder(operator: '<' | '<=' | '>' | '>=', order: number | undefined): boolean {
  if (order === undefined) return false;
  if (operator === '<') return order < 0;
  if (operator === '<=') return order <= 0;
  return operator === '>' ? order > 0 : order >= 0;
}
