import { nearestName } from '../../tools/nearest-name';
import { CommandProblem } from './problem';
import { createReader, describe, type Reader } from './reader';
import { parseCreateField, parseCreateTable, parseDescribe, parseRename } from './schema-statements';
import type { Assignment, ShiftUnit, Statement } from './statements';
import { parseAssignments } from './values';

/** Most commands in one message; the rules of one edit are bounded likewise. */
export const MAX_STATEMENTS = 100;
/** Farthest a shift goes, in its unit: what contracts/changes.ts allows. */
const MAX_SHIFT = 100_000;

const UNITS: Readonly<Record<string, { unit: ShiftUnit; times: number }>> = {
  day: { unit: 'days', times: 1 },
  week: { unit: 'days', times: 7 },
  month: { unit: 'months', times: 1 },
  year: { unit: 'years', times: 1 },
};

type StatementParser = (reader: Reader, start: number) => Statement;
const PARSERS: Readonly<Record<string, StatementParser>> = {
  set: parseSet,
  clear: parseClear,
  shift: parseShift,
  create: parseCreate,
  delete: parseDelete,
  relink: parseRelink,
  merge: parseMerge,
  rename: parseRename,
  describe: parseDescribe,
  use: (reader) => ({ kind: 'use', base: reader.name('a base') }),
  help: () => ({ kind: 'help' }),
};

/** Reads a whole message (docs/commands.md is the language's reference). Throws CommandProblem at the first mistake. */
export function parseCommands(source: string): Statement[] {
  const reader = createReader(source);
  const statements: Statement[] = [];
  while (!reader.atEnd()) {
    const first = reader.take();
    const word = first.kind === 'word' ? first.value.toLowerCase() : '';
    const parser = Object.hasOwn(PARSERS, word) ? PARSERS[word] : undefined;
    if (parser === undefined) {
      const near = first.kind === 'word' ? nearestName(word, Object.keys(PARSERS)) : undefined;
      const known = Object.keys(PARSERS).join(', ');
      throw new CommandProblem(
        `A command begins with one of ${known}; I found ${describe(first)}.`,
        first.start,
        near && `"${near}"`,
      );
    }
    if (statements.length === MAX_STATEMENTS) {
      throw new CommandProblem(`One message holds at most ${MAX_STATEMENTS} commands.`, first.start);
    }
    statements.push(parser(reader, first.start));
    reader.expectEnd();
  }
  if (statements.length === 0)
    throw new CommandProblem('There is no command here; type help to see the language.', 0);
  return statements;
}

function parseSet(reader: Reader): Statement {
  const cells = parseAssignments(reader);
  reader.expect([',', 'in'], 'the value');
  const table = reader.name('a table');
  return withWhere({ kind: 'set', table, cells }, reader.where());
}

function parseClear(reader: Reader): Statement {
  const cells: Assignment[] = [];
  do cells.push({ field: reader.name('a field'), value: { kind: 'literal', value: null } });
  while (reader.accept(','));
  reader.expect([',', 'in'], 'the field');
  const table = reader.name('a table');
  return withWhere({ kind: 'set', table, cells }, reader.where());
}

function parseShift(reader: Reader): Statement {
  const field = reader.name('a field');
  reader.expect(['by'], 'the field');
  const amount = reader.take();
  const by = Number(amount.value);
  if (amount.kind !== 'number' || !Number.isInteger(by)) {
    throw new CommandProblem(
      `I expected a whole number, like -100, but found ${describe(amount)}.`,
      amount.start,
    );
  }
  const word = reader.take();
  const unit = UNITS[word.value.toLowerCase().replace(/s$/, '')];
  if (word.kind !== 'word' || unit === undefined) {
    const near = nearestName(word.value, ['days', 'weeks', 'months', 'years']);
    throw new CommandProblem(
      `I expected days, weeks, months or years, but found ${describe(word)}.`,
      word.start,
      near && `"${near}"`,
    );
  }
  if (Math.abs(by * unit.times) > MAX_SHIFT) {
    throw new CommandProblem('Dates move by at most 100,000 days, months or years.', amount.start);
  }
  reader.expect(['in'], `"${word.value}"`);
  const table = reader.name('a table');
  return withWhere({ kind: 'shift', table, field, by: by * unit.times, unit: unit.unit }, reader.where());
}

function parseCreate(reader: Reader): Statement {
  if (reader.accept('table')) return parseCreateTable(reader);
  if (reader.accept('field')) return parseCreateField(reader);
  reader.expect(['in', 'table', 'field'], '"create"');
  const table = reader.name('a table');
  reader.expect([':'], 'the table');
  return { kind: 'create', table, cells: parseAssignments(reader) };
}

function parseDelete(reader: Reader, start: number): Statement {
  reader.expect(['from'], '"delete"');
  const table = reader.name('a table');
  const where = reader.where();
  if (where === undefined) {
    throw new CommandProblem(
      'A delete says which records: add where and a formula (where TRUE() for all of them).',
      start,
    );
  }
  return { kind: 'delete', table, where };
}

function parseRelink(reader: Reader): Statement {
  const field = reader.name('a field');
  reader.expect(['from'], 'the field');
  const from = reader.name('the record linked now');
  reader.expect(['to'], 'the record');
  const to = reader.name('the record to link instead');
  reader.expect(['in'], 'the record');
  return { kind: 'relink', table: reader.name('a table'), field, from, to };
}

function parseMerge(reader: Reader, start: number): Statement {
  const from = reader.name('the record that goes');
  reader.expect(['into'], 'the record');
  const to = reader.name('the record that stays');
  reader.expect(['in'], 'the record');
  if (from.text === to.text) throw new CommandProblem('A record cannot be merged into itself.', start);
  return { kind: 'merge', table: reader.name('a table'), from, to };
}

function withWhere<S extends { readonly kind: 'set' | 'shift' }>(
  statement: S,
  where: string | undefined,
): S & { where?: string } {
  return where === undefined ? statement : { ...statement, where };
}
