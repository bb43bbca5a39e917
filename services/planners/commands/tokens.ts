import { CommandProblem } from './problem';

export type TokenKind = 'word' | 'text' | 'field' | 'number' | 'mark' | 'break' | 'end';

export interface Token {
  readonly kind: TokenKind;
  /** As meant: text without quotes and escapes, a field name without braces, a word as typed. */
  readonly value: string;
  readonly start: number;
  readonly end: number;
}

/** Quotes that open, and what closes them; the curly ones come in with text pasted from documents. */
const QUOTES: Readonly<Record<string, string>> = { '"': '"', "'": "'", '“': '”', '‘': '’' };
const ESCAPES: Readonly<Record<string, string>> = { n: '\n', t: '\t' };
const SPACE = /[^\S\n]/;
const MARKS = ',=:[]()';
const WORD = /[\p{L}\p{N}_][\p{L}\p{N}\p{M}_.\-/&'+%$]*/uy;
const NUMBER = /[+-]?(?:\d+(?:\.\d+)?|\.\d+)(?:[eE][+-]?\d+)?(?![\p{L}\p{N}_.\-/])/uy;

/** The token at or after `offset`. Line breaks and `;` are `break`; a `#` begins a comment to the end of the line. */
export function readToken(source: string, offset: number): Token {
  let start = offset;
  for (;;) {
    const char = source[start];
    if (char === '#') {
      const line = source.indexOf('\n', start);
      start = line < 0 ? source.length : line;
    } else if (char !== undefined && SPACE.test(char)) start++;
    else break;
  }
  const char = source[start];
  if (char === undefined) return { kind: 'end', value: '', start, end: start };
  if (char === '\n' || char === ';') return { kind: 'break', value: char, start, end: start + 1 };
  if (QUOTES[char] !== undefined) return readText(source, start, QUOTES[char]);
  if (char === '{') return readField(source, start);
  const number = match(NUMBER, source, start);
  if (number !== undefined) return { kind: 'number', value: number, start, end: start + number.length };
  if (MARKS.includes(char)) return { kind: 'mark', value: char, start, end: start + 1 };
  const word = match(WORD, source, start);
  if (word !== undefined) return { kind: 'word', value: word, start, end: start + word.length };
  throw new CommandProblem(`I do not understand the character "${char}" here.`, start);
}

function match(pattern: RegExp, source: string, start: number): string | undefined {
  pattern.lastIndex = start;
  return pattern.exec(source)?.[0];
}

function readText(source: string, start: number, close: string): Token {
  let value = '';
  for (let i = start + 1; i < source.length; i++) {
    const char = source[i] ?? '';
    if (char === close) return { kind: 'text', value, start, end: i + 1 };
    if (char === '\\' && i + 1 < source.length) {
      const next = source[++i] ?? '';
      value += ESCAPES[next] ?? next;
    } else value += char;
  }
  throw new CommandProblem(`This text has no closing ${close}`, start);
}

function readField(source: string, start: number): Token {
  const close = source.indexOf('}', start);
  if (close < 0) throw new CommandProblem('This field name has no closing }', start);
  const value = source.slice(start + 1, close).trim();
  if (value === '') throw new CommandProblem('There is no field name between the braces.', start);
  return { kind: 'field', value, start, end: close + 1 };
}
