import { nearestName } from '../../tools/nearest-name';
import { readFormula } from './formula-extent';
import { CommandProblem } from './problem';
import type { Name } from './statements';
import { readToken, type Token } from './tokens';

/** Words that end a name of several words written without quotes. */
const RESERVED = new Set(['to', 'in', 'into', 'from', 'by', 'where', 'with']);
/** No line begins with these, so a command goes on over a line break before them. */
const CONTINUES = new Set(['to', 'in', 'into', 'from', 'by', 'where']);

/** Walks through the source token by token; line breaks count only where a command could end. */
export type Reader = ReturnType<typeof createReader>;

/** A reader at the beginning of `source`. */
export function createReader(source: string) {
  let at = 0;
  /** The words of the bare name read last, but the first. */
  let bare: string[] = [];

  function peek(): Token {
    let token = readToken(source, at);
    while (token.kind === 'break' && token.value === '\n') token = readToken(source, token.end);
    return token;
  }

  function take(): Token {
    const token = peek();
    at = token.end;
    return token;
  }

  function isWord(token: Token, word: string): boolean {
    return token.kind === 'word' && token.value.toLowerCase() === word;
  }

  /** Takes the word or mark if it is next. */
  function accept(word: string): boolean {
    const token = peek();
    if (!isWord(token, word) && !(token.kind === 'mark' && token.value === word)) return false;
    at = token.end;
    return true;
  }

  function expect(words: readonly string[], after: string): void {
    if (words.some(accept)) return;
    const token = peek();
    // A mistyped word reads as part of a bare name: "Rating too" is one.
    const typed = [...(token.kind === 'word' ? [token.value] : []), ...bare];
    const near = typed.map((word) => nearestName(word, words)).find((word) => word !== undefined);
    const wanted = words.map((w) => `"${w}"`).join(' or ');
    throw new CommandProblem(
      `I expected ${wanted} after ${after}, but found ${describe(token)}.`,
      token.start,
      near && `"${near}"`,
    );
  }

  /** A name in quotes or braces, or words up to the next reserved word (or `until`) or mark. */
  function name(what: string, until?: string): Name {
    const first = take();
    bare = [];
    if (first.kind === 'text' || first.kind === 'field') {
      if (first.value.trim() === '') throw new CommandProblem(`The name of ${what} is empty.`, first.start);
      return { text: first.value, offset: first.start };
    }
    if (first.kind !== 'word' || RESERVED.has(first.value.toLowerCase())) {
      throw new CommandProblem(`I expected the name of ${what}, but found ${describe(first)}.`, first.start);
    }
    const ends = (token: Token) => !isPlain(token) || (until !== undefined && isWord(token, until));
    for (let next = readToken(source, at); !ends(next); next = readToken(source, at)) {
      bare.push(next.value);
      at = next.end;
    }
    return { text: source.slice(first.start, at).replace(/\s+/g, ' '), offset: first.start };
  }

  /** True when nothing but line breaks, `;` and comments is left; skips them. */
  function atEnd(): boolean {
    let token = readToken(source, at);
    while (token.kind === 'break') {
      at = token.end;
      token = readToken(source, at);
    }
    return token.kind === 'end';
  }

  /** A command ends here: at a line break, a `;` or the end. */
  function expectEnd(): void {
    const token = readToken(source, at);
    const next = peek();
    const goesOn = next.kind === 'word' && CONTINUES.has(next.value.toLowerCase());
    if ((token.kind === 'break' || token.kind === 'end') && !goesOn) return;
    const place = goesOn ? next : token;
    // A mistyped "where" reads as part of the table's name: it is the word before the place.
    const typed =
      place.kind === 'word' ? place.value : /\p{L}+(?=\s*$)/u.exec(source.slice(0, place.start))?.[0];
    const near = typed === undefined ? undefined : nearestName(typed, ['where']);
    throw new CommandProblem(
      `The command was complete before ${describe(place)}; begin the next one on a new line or after ";".`,
      place.start,
      near === undefined || near === typed?.toLowerCase() ? undefined : `"${near}"`,
    );
  }

  function where(): string | undefined {
    if (!accept('where')) return undefined;
    const extent = readFormula(source, at);
    at = extent.end;
    return extent.formula;
  }

  return { peek, take, accept, expect, name, atEnd, expectEnd, where };
}

function isPlain(token: Token): boolean {
  return (token.kind === 'word' && !RESERVED.has(token.value.toLowerCase())) || token.kind === 'number';
}

/** A token as people would call it. */
export function describe(token: Token): string {
  if (token.kind === 'end') return 'the end';
  if (token.kind === 'break') return token.value === ';' ? '";"' : 'the end of the line';
  if (token.kind === 'text') return `the text "${token.value.slice(0, 40)}"`;
  return token.kind === 'field' ? `{${token.value}}` : `"${token.value}"`;
}
