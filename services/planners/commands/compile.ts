import { COMPUTED_TYPES, type Cells } from '../../../contracts/airtable';
import type { ProposedChange, ProposedRule } from '../../../contracts/changes';
import { nearestName } from '../../tools/nearest-name';
import { compileSchema, isSchemaStatement } from './compile-schema';
import { CommandProblem } from './problem';
import type { Assignment, Name, SchemaStatement, Statement, Value } from './statements';

/** As much of a base as compiling needs. */
export interface KnownTable {
  readonly id: string;
  readonly name: string;
  readonly primaryField: string;
  readonly fields: readonly {
    readonly name: string;
    readonly type: string;
    readonly linkedTable?: string | undefined;
  }[];
}

/** What the commands come to, in the form that contracts/changes.ts takes. */
export interface CompiledCommands {
  readonly changes: ProposedChange[];
  readonly rules: ProposedRule[];
}

const RECORD_ID = /^rec[0-9A-Za-z]{14}$/;

/** True for commands that cannot be compiled without the tables of the base. */
export function needsTables(statements: readonly Statement[]): boolean {
  return statements.some((statement) => statement.kind === 'merge');
}

/** Commands in order; `tables` may be empty unless needsTables says otherwise. Throws CommandProblem. */
export function compileCommands(
  statements: readonly Statement[],
  tables: readonly KnownTable[],
): CompiledCommands {
  const changes: ProposedChange[] = [];
  const rules: ProposedRule[] = [];
  for (const s of statements) {
    if (isSchemaStatement(s)) changes.push(compileSchema(s));
    else if (s.kind === 'create')
      changes.push({ kind: 'create', table: s.table.text, cells: cellsOf(s.cells) });
    else rules.push(...rulesOf(s, tables));
  }
  return { changes, rules };
}

function rulesOf(
  s: Exclude<Statement, SchemaStatement | { kind: 'create' }>,
  tables: readonly KnownTable[],
): ProposedRule[] {
  switch (s.kind) {
    case 'help':
    case 'use':
      return [];
    case 'set':
      return [{ kind: 'set', table: s.table.text, cells: cellsOf(s.cells), ...only(s.where) }];
    case 'shift':
      return [
        { kind: 'shift', table: s.table.text, field: s.field.text, by: s.by, unit: s.unit, ...only(s.where) },
      ];
    case 'delete':
      return [{ kind: 'deleteWhere', table: s.table.text, where: s.where }];
    case 'relink':
      return [{ kind: 'relink', table: s.table.text, field: s.field.text, from: s.from.text, to: s.to.text }];
    case 'merge':
      return mergeRules(s, tables);
  }
}

function only(where: string | undefined): { where?: string } {
  return where === undefined ? {} : { where };
}

/** Every field that links to the table lets go of the one record and takes the other; then the one is deleted. */
function mergeRules(s: Extract<Statement, { kind: 'merge' }>, tables: readonly KnownTable[]): ProposedRule[] {
  const table = findTable(s.table, tables);
  const links = tables.flatMap((from) =>
    from.fields
      .filter((field) => field.type === 'multipleRecordLinks' && field.linkedTable === table.name)
      .map((field): ProposedRule => ({
        kind: 'relink',
        table: from.name,
        field: field.name,
        from: s.from.text,
        to: s.to.text,
      })),
  );
  if (links.length === 0) {
    throw new CommandProblem(
      `No field links to "${table.name}", so there is nothing to merge: delete the record instead.`,
      s.table.offset,
    );
  }
  return [...links, { kind: 'deleteWhere', table: table.name, where: isRecord(table, s.from.text) }];
}

function isRecord(table: KnownTable, name: string): string {
  if (RECORD_ID.test(name)) return `RECORD_ID() = "${name}"`;
  const primary = table.fields.find((field) => field.name === table.primaryField);
  // A number or a formula is compared as text, which is how its record is called.
  const asText =
    primary === undefined || COMPUTED_TYPES.has(primary.type) || primary.type === 'number' ? ' & ""' : '';
  return `{${table.primaryField}}${asText} = ${formulaText(name)}`;
}

function formulaText(text: string): string {
  return `"${text.replace(/[\\"]/g, '\\$&').replace(/\n/g, '\\n')}"`;
}

function findTable(name: Name, tables: readonly KnownTable[]): KnownTable {
  const wanted = name.text.toLowerCase();
  const found =
    tables.find((table) => table.id === name.text || table.name === name.text) ??
    tables.find((table) => table.name.toLowerCase() === wanted);
  if (found) return found;
  const names = tables.map((table) => table.name);
  const near = nearestName(name.text, names);
  throw new CommandProblem(
    `There is no table "${name.text}" in this base; there are ${names.map((n) => `"${n}"`).join(', ')}.`,
    name.offset,
    near && `"${near}"`,
  );
}

function cellsOf(assignments: readonly Assignment[]): Cells {
  return Object.fromEntries(assignments.map(({ field, value }) => [field.text, cellOf(value)]));
}

function cellOf(value: Value): Cells[string] {
  if (value.kind === 'records') return value.names.map((name) => name.text);
  const literal = value.value;
  return typeof literal === 'object' && literal !== null ? [...literal] : literal;
}
