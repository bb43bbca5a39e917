export type Operator = '+' | '-' | '*' | '/' | '&' | '=' | '!=' | '<' | '<=' | '>' | '>=';

interface Placed {
  /** The place in the text, for messages. */
  readonly at: number;
}
export type BinaryNode = Placed & {
  readonly kind: 'binary';
  readonly operator: Operator;
  readonly left: Node;
  readonly right: Node;
};
export type CallNode = Placed & {
  readonly kind: 'call';
  readonly name: string;
  readonly args: readonly Node[];
};

/** A formula as a tree. 1+2+3+… leans to the left and can be longer than a stack is deep: see `chainOf`. */
export type Node =
  | (Placed & { readonly kind: 'number'; readonly value: number })
  | (Placed & { readonly kind: 'text'; readonly value: string })
  | (Placed & { readonly kind: 'field'; readonly name: string })
  | (Placed & { readonly kind: 'negate'; readonly operand: Node })
  | BinaryNode
  | CallNode;

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

/** Where a chain of operators begins, and its steps from left to right: what walks a tree need not recurse along it. */
export function chainOf(node: BinaryNode): { readonly first: Node; readonly steps: readonly BinaryNode[] } {
  const steps = [node];
  let first = node.left;
  while (first.kind === 'binary') {
    steps.push(first);
    first = first.left;
  }
  return { first, steps: steps.reverse() };
}

/** Every node of a tree. */
export function* nodesOf(node: Node): Generator<Node> {
  const open = [node];
  for (let next = open.pop(); next; next = open.pop()) {
    yield next;
    if (next.kind === 'negate') open.push(next.operand);
    if (next.kind === 'binary') open.push(next.left, next.right);
    if (next.kind === 'call') for (const arg of next.args) open.push(arg);
  }
}

/** All fields a formula names, each once, in the order of the text. */
export function fieldNamesOf(node: Node): Set<string> {
  const fields = [...nodesOf(node)].filter((n) => n.kind === 'field').sort((a, b) => a.at - b.at);
  return new Set(fields.map((field) => field.name));
}
