import { areEqual, compare } from './compare';
import { FormulaFault } from './formula-error';
import type { FormulaRow } from './functions/formula-function';
import { findFunction } from './functions/registry';
import type { Node, Operator } from './syntax';
import { bounded, finite, isTruthy, toNumber, toText, type FormulaValue } from './values';

/** The value of a formula for one row. Throws FormulaFault where Airtable shows #ERROR!. */
export function evaluate(node: Node, row: FormulaRow): FormulaValue {
  switch (node.kind) {
    case 'number':
    case 'text':
      return node.value;
    case 'field':
      return row.field(node.name);
    case 'negate':
      return -toNumber(evaluate(node.operand, row)) + 0;
    case 'binary':
      return operate(node.operator, evaluate(node.left, row), evaluate(node.right, row));
    case 'call': {
      const { args } = node;
      const value = (index: number) => {
        const arg = args[index];
        return arg === undefined ? null : evaluate(arg, row);
      };
      return findFunction(node.name)?.call({ count: args.length, value }, row) ?? null;
    }
  }
}

function operate(operator: Operator, a: FormulaValue, b: FormulaValue): FormulaValue {
  switch (operator) {
    case '+':
      return finite(toNumber(a) + toNumber(b));
    case '-':
      return finite(toNumber(a) - toNumber(b));
    case '*':
      return finite(toNumber(a) * toNumber(b));
    case '/':
      return finite(toNumber(a) / toNumber(b));
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

/** Whether a filter keeps the row: not for 0, false, "", [] or an error. */
export function keepsRow(node: Node, row: FormulaRow): boolean {
  try {
    return isTruthy(evaluate(node, row));
  } catch (error) {
    if (error instanceof FormulaFault) return false;
    throw error;
  }
}
