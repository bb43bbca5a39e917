import { checkArguments } from './arguments';
import { FormulaError } from './formula-error';
import { findFunction, nearestFunction } from './functions/registry';
import { isOperator, PRECEDENCE, type Node } from './syntax';
import { tokenize, type Token } from './tokens';

/** Source: the URL limit of Airtable bounds a formula in a GET; a POST may carry somewhat more. */
export const MAX_FORMULA_LENGTH = 100_000;
/** Calls and brackets inside each other; deeper ones are refused before they could exhaust the stack. */
export const MAX_DEPTH = 500;

interface Measured {
  readonly node: Node;
  readonly depth: number;
}

/** Reads a formula. Throws FormulaError saying what was expected and where. Fields are not looked up yet. */
export function parseFormula(text: string): Node {
  if (text.length > MAX_FORMULA_LENGTH) {
    throw new FormulaError(`a formula may have ${MAX_FORMULA_LENGTH} characters`, MAX_FORMULA_LENGTH);
  }
  return new Parser(tokenize(text)).parse();
}

class Parser {
  private next = 0;

  constructor(private readonly tokens: readonly Token[]) {}

  parse(): Node {
    const { node } = this.expression(0, 1);
    const rest = this.peek();
    if (rest.kind !== 'end') throw new FormulaError(this.noOperator(rest), rest.at);
    return node;
  }

  private peek(): Token {
    const token = this.tokens[Math.min(this.next, this.tokens.length - 1)];
    if (!token) throw new FormulaError('the formula is empty', 0);
    return token;
  }

  private take(): Token {
    const token = this.peek();
    this.next++;
    return token;
  }

  private expression(level: number, nested: number): Measured {
    let left = this.operand(nested);
    for (;;) {
      const token = this.peek();
      if (token.kind !== 'sign' || !isOperator(token.value) || PRECEDENCE[token.value] <= level) return left;
      this.take();
      const right = this.expression(PRECEDENCE[token.value], nested + 1);
      const operator = token.value;
      const node: Node = { kind: 'binary', operator, left: left.node, right: right.node, at: token.at };
      // A longer chain is not deeper: it is walked step by step.
      const leftDepth = left.node.kind === 'binary' ? left.depth : left.depth + 1;
      left = measured(node, Math.max(leftDepth, right.depth + 1));
    }
  }

  private operand(nested: number): Measured {
    const token = this.take();
    if (nested > MAX_DEPTH) throw tooDeep(token.at);
    switch (token.kind) {
      case 'number':
        return { node: { kind: 'number', value: token.value, at: token.at }, depth: 1 };
      case 'text':
        return { node: { kind: 'text', value: token.value, at: token.at }, depth: 1 };
      case 'field':
        return { node: { kind: 'field', name: token.value, at: token.at }, depth: 1 };
      case 'name':
        return this.isSign('(')
          ? this.call(token.value, token.at, nested)
          : { node: { kind: 'field', name: token.value, at: token.at }, depth: 1 };
      case 'sign':
        return this.signed(token.value, token.at, nested);
      case 'end':
        throw new FormulaError('a value was expected, but the formula ends here', token.at);
    }
  }

  private signed(sign: string, at: number, nested: number): Measured {
    if (sign === '(') {
      const inner = this.expression(0, nested + 1);
      this.close('the bracket', at);
      return inner;
    }
    if (sign === '-' || sign === '+') {
      const operand = this.operand(nested + 1);
      return sign === '+'
        ? operand
        : measured({ kind: 'negate', operand: operand.node, at }, operand.depth + 1);
    }
    throw new FormulaError(`a value was expected instead of "${sign}"`, at);
  }

  private call(name: string, at: number, nested: number): Measured {
    const open = this.take().at;
    const fn = findFunction(name);
    if (!fn) {
      const near = nearestFunction(name);
      const hint = near === undefined ? '' : `: did you mean ${near}?`;
      throw new FormulaError(`there is no function ${name}${hint}`, at);
    }
    const args: Node[] = [];
    let depth = 0;
    if (!this.isSign(')')) {
      do {
        const arg = this.expression(0, nested + 1);
        args.push(arg.node);
        depth = Math.max(depth, arg.depth);
      } while (this.skip(','));
    }
    this.close(fn.name, open);
    checkArguments(fn, args, at);
    return measured({ kind: 'call', name: fn.name, args, at }, depth + 1);
  }

  private isSign(sign: string): boolean {
    const token = this.peek();
    return token.kind === 'sign' && token.value === sign;
  }

  private skip(sign: string): boolean {
    if (!this.isSign(sign)) return false;
    this.next++;
    return true;
  }

  private close(what: string, open: number): void {
    const token = this.peek();
    if (this.skip(')')) return;
    throw new FormulaError(
      token.kind === 'end'
        ? `")" was expected instead of the end: ${what} at character ${open + 1} is not closed`
        : this.noOperator(token),
      token.at,
    );
  }

  /** Two values side by side: most often a name of several words without its braces. */
  private noOperator(token: Token): string {
    const said = `an operator was expected instead of "${token.value}"`;
    const before = this.tokens[this.next - 1];
    if (before?.kind !== 'name' || (token.kind !== 'name' && token.kind !== 'number')) return said;
    return `${said}: a field name of several words stands in braces, like {${before.value} ${token.value}}`;
  }
}

function measured(node: Node, depth: number): Measured {
  if (depth > MAX_DEPTH) throw tooDeep(node.at);
  return { node, depth };
}

function tooDeep(at: number): FormulaError {
  return new FormulaError(`the formula is nested more than ${MAX_DEPTH} deep`, at);
}
