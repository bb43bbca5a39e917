import { chainOf, PRECEDENCE, type BinaryNode, type Node } from './syntax';

function quote(text: string): string {
  const escaped = text
    .replace(/[\\"]/g, '\\$&')
    .replace(/\n/g, '\\n')
    .replace(/\t/g, '\\t')
    .replace(/\r/g, '\\r');
  return `"${escaped}"`;
}

/** The text of a formula tree, with the brackets it needs. Reading it again gives the same tree. */
export function printFormula(node: Node, level = 0): string {
  switch (node.kind) {
    case 'number':
      return String(node.value);
    case 'text':
      return quote(node.value);
    case 'field':
      return `{${node.name.replace(/[\\}]/g, '\\$&')}}`;
    case 'negate':
      return `-${printFormula(node.operand, 5)}`;
    case 'call':
      return `${node.name}(${node.args.map((arg) => printFormula(arg)).join(', ')})`;
    case 'binary':
      return printChain(node, level);
  }
}

function printChain(node: BinaryNode, level: number): string {
  const { first, steps } = chainOf(node);
  let text = printFormula(first, 4);
  let before: number | undefined;
  for (const step of steps) {
    const own = PRECEDENCE[step.operator];
    if (before !== undefined && before < own) text = `(${text})`;
    text += ` ${step.operator} ${printFormula(step.right, own)}`;
    before = own;
  }
  return PRECEDENCE[node.operator] <= level ? `(${text})` : text;
}
