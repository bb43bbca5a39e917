import { parseFormula } from '../../formula/parse';
import { printFormula } from '../../formula/print';
import { chainOf, type Node } from '../../formula/syntax';
import { compileFilter, findFormulaField } from '../filter';
import type { EngineTable } from '../schema';

/** The same formula with its fields by id. */
function byFieldId(node: Node, table: EngineTable): Node {
  switch (node.kind) {
    case 'number':
    case 'text':
      return node;
    case 'field': {
      const field = findFormulaField(table, node.name);
      return field ? { ...node, name: field.id } : node;
    }
    case 'negate':
      return { ...node, operand: byFieldId(node.operand, table) };
    case 'call':
      return { ...node, args: node.args.map((arg) => byFieldId(arg, table)) };
    case 'binary': {
      const { first, steps } = chainOf(node);
      return steps.reduce<Node>(
        (left, step) => ({ ...step, left, right: byFieldId(step.right, table) }),
        byFieldId(first, table),
      );
    }
  }
}

/** A view's filter as it is kept: a formula whose fields are ids. Throws Airtable's INVALID_FILTER_BY_FORMULA. */
export function storableFilter(table: EngineTable, formula: string, now: Date): string {
  compileFilter(table, formula, now);
  return printFormula(byFieldId(parseFormula(formula), table));
}

/**
 * One formula that keeps what both keep. The second one comes with a request: it is checked by itself first, so that it
 * cannot close what it stands in, and so that places in messages are those of its own text. Throws Airtable's
 * INVALID_FILTER_BY_FORMULA.
 */
export function joinFilters(table: EngineTable, ofView: string, ofRequest: string, now: Date): string {
  compileFilter(table, ofRequest, now);
  return `AND(${ofView}, ${ofRequest}\n)`;
}
