import { nearestName } from '../../tools/nearest-name';
import { CommandProblem } from './problem';
import { describe, type Reader } from './reader';
import type { Assignment, Name, Value } from './statements';
import type { Token } from './tokens';

const WORDS: Readonly<Record<string, boolean | null>> = {
  true: true,
  false: false,
  empty: null,
  blank: null,
  null: null,
};
const KEYWORDS = ['true', 'false', 'empty', 'record', 'records'];

/** `name to value`, several of them separated by commas. */
export function parseAssignments(reader: Reader): Assignment[] {
  const cells: Assignment[] = [];
  do {
    const field = reader.name('a field');
    if (cells.some((cell) => cell.field.text === field.text)) {
      throw new CommandProblem(`The field "${field.text}" gets a value twice.`, field.offset);
    }
    reader.expect(['to', '='], 'the field');
    cells.push({ field, value: parseValue(reader) });
  } while (reader.accept(','));
  return cells;
}

/** A text, a number, true, false, empty, a list of texts or numbers, or `record "name"`, `records ["a", "b"]`. */
function parseValue(reader: Reader): Value {
  const token = reader.take();
  if (token.kind === 'text') return { kind: 'literal', value: token.value };
  if (token.kind === 'number') return { kind: 'literal', value: numberOf(token) };
  if (token.kind === 'mark' && token.value === '[') {
    return { kind: 'literal', value: parseList(reader, token, plainOf) };
  }
  const word = token.kind === 'word' ? token.value.toLowerCase() : '';
  if (word === 'record') return { kind: 'records', names: [nameOf(reader.take())] };
  if (word === 'records') {
    reader.expect(['['], '"records"');
    return { kind: 'records', names: parseList(reader, token, (item) => nameOf(item)) };
  }
  if (Object.hasOwn(WORDS, word)) return { kind: 'literal', value: WORDS[word] ?? null };
  throw notAValue(token);
}

/** A list of texts whose opening bracket was taken; `start` is where what it belongs to begins. */
export function parseTexts(reader: Reader, start: number): string[] {
  return parseList(reader, { start }, (token) => nameOf(token, 'an option').text);
}

function parseList<T>(reader: Reader, opening: Pick<Token, 'start'>, item: (token: Token) => T): T[] {
  const items: T[] = [];
  if (reader.accept(']')) return items;
  do items.push(item(reader.take()));
  while (reader.accept(','));
  if (!reader.accept(']')) throw new CommandProblem('This list is not closed by "]".', opening.start);
  return items;
}

function plainOf(token: Token): string | number {
  if (token.kind === 'text') return token.value;
  if (token.kind === 'number') return numberOf(token);
  throw notAValue(token);
}

function nameOf(token: Token, what = 'a record'): Name {
  if (token.kind === 'text' && token.value !== '') return { text: token.value, offset: token.start };
  throw new CommandProblem(`I expected ${what}'s name in quotes, but found ${describe(token)}.`, token.start);
}

function numberOf(token: Token): number {
  const value = Number(token.value);
  if (!Number.isFinite(value)) throw new CommandProblem('This number is too large.', token.start);
  return value;
}

function notAValue(token: Token): CommandProblem {
  if (token.kind !== 'word') {
    return new CommandProblem(`I expected a value, but found ${describe(token)}.`, token.start);
  }
  const near = nearestName(token.value, KEYWORDS);
  return new CommandProblem(
    `"${token.value}" is not a value: texts and dates stand in quotes.`,
    token.start,
    near ?? `"${token.value}" with quotes`,
  );
}
