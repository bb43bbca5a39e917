import { FormulaError } from './formula-error';

export type Token =
  | { readonly kind: 'number'; readonly value: number; readonly at: number }
  | { readonly kind: 'text'; readonly value: string; readonly at: number }
  | { readonly kind: 'field'; readonly value: string; readonly at: number }
  | { readonly kind: 'name'; readonly value: string; readonly at: number }
  | { readonly kind: 'sign'; readonly value: string; readonly at: number }
  | { readonly kind: 'end'; readonly value: ''; readonly at: number };

const NUMBER = /(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?/iy;
const NAME = /[\p{L}_][\p{L}\p{M}\p{N}_]*/uy;
const SIGN = /<=|>=|!=|[-+*/&=<>(),]/y;
const SPACE = /\s+/y;
const STRANGE = /==|<>|&&|\|\||[“”‘’;%[\]^|!]/y;

/** What would be right instead of signs that other formula languages have. */
const INSTEAD: Readonly<Record<string, string>> = {
  '==': '"=" compares',
  '<>': '"!=" tells whether two values differ',
  '&&': 'AND(…, …) joins conditions',
  '||': 'OR(…, …) joins conditions',
  '|': 'OR(…, …) joins conditions',
  '!': 'NOT(…) turns a condition round',
  ';': 'arguments are separated by ","',
  '%': 'MOD(…, …) gives a remainder',
  '^': 'POWER(…, …) raises to a power',
  '[': 'a field name stands in braces: {Name}',
  ']': 'a field name stands in braces: {Name}',
  '“': 'text stands between straight quotes: "…"',
  '”': 'text stands between straight quotes: "…"',
  '‘': "text stands between straight quotes: '…'",
  '’': "text stands between straight quotes: '…'",
};

const ESCAPES: Readonly<Record<string, string>> = { n: '\n', t: '\t', r: '\r' };

function match(pattern: RegExp, text: string, at: number): string | undefined {
  pattern.lastIndex = at;
  return pattern.exec(text)?.[0];
}

interface Quoted {
  readonly value: string;
  readonly end: number;
}

/** Text between two quotes; a backslash makes the next character ordinary (and n, t, r what they usually mean). */
function readText(text: string, start: number): Quoted {
  const mark = text.charAt(start);
  let value = '';
  for (let i = start + 1; i < text.length; i++) {
    const c = text.charAt(i);
    if (c === mark) return { value, end: i + 1 };
    const next = c === '\\' ? text.charAt(++i) : undefined;
    value += next === undefined ? c : (ESCAPES[next] ?? next);
  }
  throw new FormulaError(`the text that begins here has no closing ${mark}`, start);
}

/** A field's name between braces; \} is a brace of the name and \\ a backslash, which alone is ordinary too. */
function readFieldName(text: string, start: number): Quoted {
  let value = '';
  for (let i = start + 1; i < text.length; i++) {
    const c = text.charAt(i);
    if (c === '}') {
      if (value.trim() === '') throw new FormulaError('a field name was expected between the braces', start);
      return { value, end: i + 1 };
    }
    const next = text.charAt(i + 1);
    if (c === '\\' && (next === '}' || next === '\\')) {
      value += next;
      i++;
    } else value += c;
  }
  throw new FormulaError('the field name that begins here has no closing }', start);
}

function strange(text: string, at: number): FormulaError {
  const sign = match(STRANGE, text, at) ?? String.fromCodePoint(text.codePointAt(at) ?? 63);
  const instead = INSTEAD[sign];
  return new FormulaError(`"${sign}" means nothing here${instead === undefined ? '' : `: ${instead}`}`, at);
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
      const { value, end } = c === '{' ? readFieldName(text, at) : readText(text, at);
      tokens.push({ kind: c === '{' ? 'field' : 'text', value, at });
      at = end;
      continue;
    }
    const doubled = /^(?:==|<>|&&|\|\|)$/.test(text.slice(at, at + 2));
    const number = match(NUMBER, text, at);
    const name = number === undefined ? match(NAME, text, at) : undefined;
    const sign = number === undefined && name === undefined && !doubled ? match(SIGN, text, at) : undefined;
    if (number !== undefined) tokens.push({ kind: 'number', value: Number(number), at });
    else if (name !== undefined) tokens.push({ kind: 'name', value: name, at });
    else if (sign !== undefined) tokens.push({ kind: 'sign', value: sign, at });
    else throw strange(text, at);
    at += (number ?? name ?? sign ?? ' ').length;
  }
  tokens.push({ kind: 'end', value: '', at: text.length });
  return tokens;
}
