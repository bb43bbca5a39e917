import { CommandProblem } from './problem';

/** A formula as written (comments taken out, trimmed) and where the command goes on after it. */
export interface FormulaExtent {
  readonly formula: string;
  readonly end: number;
}

const UNFINISHED = /[-+*/&=<>,(]$/;

/**
 * Finds the end of the Airtable formula that begins at `start`: a `;` or a line break, neither inside a text,
 * {a field name} or parentheses; a line that ends with an operator goes on. What the formula means is the
 * base's to say. Throws where a quote, brace or parenthesis is left open.
 */
export function readFormula(source: string, start: number): FormulaExtent {
  let formula = '';
  const open: number[] = [];
  let i = start;
  while (i < source.length) {
    const char = source[i] ?? '';
    if (char === ';' && open.length === 0) break;
    if (char === '\n' && open.length === 0 && isFinished(formula.trim())) break;
    if (char === '#') {
      const line = source.indexOf('\n', i);
      i = line < 0 ? source.length : line;
      continue;
    }
    const closed =
      char === '"' || char === "'" ? closeOfText(source, i) : char === '{' ? closeOfField(source, i) : i;
    formula += source.slice(i, closed + 1);
    if (char === '(') open.push(i);
    if (char === ')' && open.pop() === undefined) {
      throw new CommandProblem('This closing parenthesis has no opening one.', i);
    }
    i = closed + 1;
  }
  const unclosed = open.pop();
  if (unclosed !== undefined) throw new CommandProblem('This parenthesis is not closed.', unclosed);
  if (formula.trim() === '') {
    throw new CommandProblem('After where I expected an Airtable formula, like {Year} < 1950.', start);
  }
  return { formula: formula.trim(), end: i };
}

function isFinished(formula: string): boolean {
  return formula !== '' && !UNFINISHED.test(formula);
}

function closeOfText(source: string, start: number): number {
  for (let i = start + 1; i < source.length; i++) {
    if (source[i] === '\\') i++;
    else if (source[i] === source[start]) return i;
  }
  throw new CommandProblem(`This text has no closing ${source[start] ?? ''}`, start);
}

function closeOfField(source: string, start: number): number {
  const close = source.indexOf('}', start);
  if (close < 0) throw new CommandProblem('This field name has no closing }', start);
  return close;
}
