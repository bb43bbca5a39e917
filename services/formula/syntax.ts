export type Operator = '+' | '-' | '*' | '/' | '&' | '=' | '!=' | '<' | '<=' | '>' | '>=';

/** A formula as a tree. `at` is the place in the text, for messages. */
export type Node =
  | { readonly kind: 'number'; readonly value: number; readonly at: number }
  | { readonly kind: 'text'; readonly value: string; readonly at: number }
  | { readonly kind: 'field'; readonly name: string; readonly at: number }
  | { readonly kind: 'negate'; readonly operand: Node; readonly at: number }
  | {
      readonly kind: 'binary';
      readonly operator: Operator;
      readonly left: Node;
      readonly right: Node;
      readonly at: number;
    }
  | { readonly kind: 'call'; readonly name: string; readonly args: readonly Node[]; readonly at: number };

/** From loosest to tightest; operators of one row group from the left. Source: Airtable formula reference, operator order. */
export const PRECEDENCE: Readonly<Record<Operator, number>> = {
  '=': 1,
  '!=': 1,
  '<': 1,
  '<=': 1,
  '>': 1,
  '>=': 1,
  '&': 2,
  '+': 3,
  '-': 3,
  '*': 4,
  '/': 4,
};

/** True for the text of an operator. */
export function isOperator(text: string): text is Operator {
  return Object.hasOwn(PRECEDENCE, text);
}

/** All fields a formula names, each once. */
export function fieldNamesOf(node: Node, names = new Set<string>()): Set<string> {
  if (node.kind === 'field') names.add(node.name);
  if (node.kind === 'negate') fieldNamesOf(node.operand, names);
  if (node.kind === 'binary') {
    fieldNamesOf(node.left, names);
    fieldNamesOf(node.right, names);
  }
  if (node.kind === 'call') for (const arg of node.args) fieldNamesOf(arg, names);
  return names;
}
