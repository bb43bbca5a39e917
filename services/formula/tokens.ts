import { FormulaError } from './formula-error';

export type Token =
  | { readonly kind: 'number'; readonly value: number; readonly at: number }
  | { readonly kind: 'text'; readonly value: string; readonly at: number }
  | { readonly kind: 'field'; readonly value: string; readonly at: number }
  | { readonly kind: 'name'; readonly value: string; readonly at: number }
  | { readonly kind: 'sign'; readonly value: string; readonly at: number }
  | { readonly kind: 'end'; readonly value: ''; readonly at: number };

const NUMBER = /(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?/iy;
const NAME = /[\p{L}_][\p{L}\p{N}_]*/uy;
const SIGN = /<=|>=|!=|[-+*/&=<>(),]/y;
const SPACE = /\s+/y;

const ESCAPES: Readonly<Record<string, string>> = { n: '\n', t: '\t', r: '\r' };

function match(pattern: RegExp, text: string, at: number): string | undefined {
  pattern.lastIndex = at;
  return pattern.exec(text)?.[0];
}

/** Text between two marks; a backslash makes the next character ordinary (and n, t, r what they usually mean). */
function readUntil(text: string, start: number, mark: string, what: string): { value: string; end: number } {
  let value = '';
  for (let i = start + 1; i < text.length; i++) {
    const c = text.charAt(i);
    if (c === mark) return { value, end: i + 1 };
    if (c !== '\\') value += c;
    else {
      const next = text.charAt(++i);
      value += mark === '}' ? next : (ESCAPES[next] ?? next);
    }
  }
  throw new FormulaError(`the ${what} that begins here has no end`, start);
}

/** Cuts a formula into tokens, the last of kind `end`. Throws FormulaError with the position of what is no token. */
export function tokenize(text: string): Token[] {
  const tokens: Token[] = [];
  let at = 0;
  while (at < text.length) {
    const space = match(SPACE, text, at);
    if (space !== undefined) {
      at += space.length;
      continue;
    }
    const c = text.charAt(at);
    if (c === '"' || c === "'" || c === '{') {
      const isField = c === '{';
      const { value, end } = readUntil(text, at, isField ? '}' : c, isField ? 'field name' : 'text');
      tokens.push({ kind: isField ? 'field' : 'text', value, at });
      at = end;
      continue;
    }
    const number = match(NUMBER, text, at);
    const name = number === undefined ? match(NAME, text, at) : undefined;
    const sign = number === undefined && name === undefined ? match(SIGN, text, at) : undefined;
    if (number !== undefined) tokens.push({ kind: 'number', value: Number(number), at });
    else if (name !== undefined) tokens.push({ kind: 'name', value: name, at });
    else if (sign !== undefined) tokens.push({ kind: 'sign', value: sign, at });
    else
      throw new FormulaError(`"${String.fromCodePoint(text.codePointAt(at) ?? 63)}" means nothing here`, at);
    at += (number ?? name ?? sign ?? ' ').length;
  }
  tokens.push({ kind: 'end', value: '', at: text.length });
  return tokens;
}
