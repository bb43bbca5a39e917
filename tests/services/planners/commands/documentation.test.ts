import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ProposeEditInput, type ProposedChange } from '../../../../contracts/changes';
import { projectRoot } from '../../../../services/config';
import { compileCommands, type KnownTable } from '../../../../services/planners/commands/compile';
import { HELP } from '../../../../services/planners/commands/help';
import { parseCommands } from '../../../../services/planners/commands/parser';
import { DEMO_COMMANDS } from '../../../../services/sample/demo-commands';
import { sampleBase } from '../../../../services/sample/sample-base';

const tables: KnownTable[] = sampleBase().tables.map((table) => ({
  id: table.name,
  name: table.name,
  primaryField: table.fields[0]?.name ?? '',
  fields: table.fields,
}));
const fieldNames = new Map(
  tables.map((table) => [table.name, new Set(table.fields.map((field) => field.name))]),
);

/** The sample base's fields by table, with the tables and fields that the changes make. */
function withMade(changes: readonly ProposedChange[]): Map<string, Set<string>> {
  const known = new Map([...fieldNames].map(([table, fields]) => [table, new Set(fields)]));
  for (const change of changes) {
    if (change.kind === 'createTable') known.set(change.name, new Set(change.fields.map(({ name }) => name)));
    if (change.kind === 'createField') known.get(change.table)?.add(change.field.name);
  }
  return known;
}

/** Each example must parse, compile to what the contract takes, and name fields that the sample base has. */
function check(source: string) {
  const compiled = compileCommands(parseCommands(source), tables);
  if (compiled.changes.length + compiled.rules.length > 0) {
    expect(ProposeEditInput.safeParse({ baseId: 'app00000000000000', ...compiled }).error).toBeUndefined();
  }
  const known = withMade(compiled.changes);
  for (const part of [...compiled.changes, ...compiled.rules]) {
    if (part.kind === 'createTable') continue;
    const fields = known.get(part.table);
    expect(fields).toBeDefined();
    if (part.kind === 'createField') continue;
    const named = 'cells' in part ? Object.keys(part.cells) : 'field' in part ? [part.field] : [];
    const inWhere =
      'where' in part ? [...(part.where ?? '').matchAll(/\{([^}]+)\}/g)].map((match) => match[1] ?? '') : [];
    for (const name of [...named, ...inWhere]) expect(fields).toContain(name);
  }
  return compiled;
}

describe('what is said about the commands language', () => {
  const manual = readFileSync(join(projectRoot(), 'docs/commands.md'), 'utf8');
  const blocks = [...manual.matchAll(/```commands\n([\s\S]*?)```/g)].map((match) => match[1] ?? '');

  it('has an example of every command', () => {
    const kinds = new Set(blocks.flatMap((block) => parseCommands(block).map((statement) => statement.kind)));
    expect([...kinds].sort()).toEqual([
      'create',
      'createField',
      'createTable',
      'delete',
      'describeField',
      'describeTable',
      'merge',
      'relink',
      'renameField',
      'renameTable',
      'set',
      'shift',
      'use',
    ]);
  });

  it.each(blocks)('works in the manual: %s', (block) => {
    check(block);
  });

  it.each(HELP.split('\n').filter((line) => line.startsWith('    ')))(
    'works in the help text: %s',
    (line) => {
      check(line);
    },
  );

  it.each(Object.values(DEMO_COMMANDS))('works in the demo: %s', (command) => {
    expect(check(command).rules.length).toBeGreaterThan(0);
  });
});

describe('compiling', () => {
  it('makes proposed changes of tables and fields, with what was said of their types', () => {
    const source = `create table "Prix d'or": Name as singleLineText, Kind as multipleSelects ["A", "B"], Stars as rating 3
      create field Won in Films as multipleRecordLinks to "Prix d'or"
      describe field Title in Films as empty`;
    expect(compileCommands(parseCommands(source), []).changes).toEqual([
      {
        kind: 'createTable',
        name: "Prix d'or",
        fields: [
          { name: 'Name', type: 'singleLineText' },
          { name: 'Kind', type: 'multipleSelects', options: { choices: [{ name: 'A' }, { name: 'B' }] } },
          { name: 'Stars', type: 'rating', options: { max: 3 } },
        ],
      },
      {
        kind: 'createField',
        table: 'Films',
        field: { name: 'Won', type: 'multipleRecordLinks', options: { linkedTableId: "Prix d'or" } },
      },
      { kind: 'describeField', table: 'Films', field: 'Title', description: '' },
    ]);
  });

  it('makes a merge of every field that links to the table, and a deletion', () => {
    const linked: KnownTable[] = [
      {
        id: 'tblA',
        name: 'Labels',
        primaryField: 'Name',
        fields: [
          { name: 'Name', type: 'singleLineText' },
          { name: 'Parent', type: 'multipleRecordLinks', linkedTable: 'Labels' },
        ],
      },
      {
        id: 'tblB',
        name: 'Films',
        primaryField: 'Title',
        fields: [
          { name: 'By', type: 'multipleRecordLinks', linkedTable: 'Labels' },
          { name: 'Co', type: 'multipleRecordLinks', linkedTable: 'Labels' },
        ],
      },
    ];
    expect(compileCommands(parseCommands('merge "A \\"1\\"" into "B" in labels'), linked).rules).toEqual([
      { kind: 'relink', table: 'Labels', field: 'Parent', from: 'A "1"', to: 'B' },
      { kind: 'relink', table: 'Films', field: 'By', from: 'A "1"', to: 'B' },
      { kind: 'relink', table: 'Films', field: 'Co', from: 'A "1"', to: 'B' },
      { kind: 'deleteWhere', table: 'Labels', where: '{Name} = "A \\"1\\""' },
    ]);
  });

  it('takes record ids in place of names', () => {
    const { rules } = compileCommands(
      parseCommands('merge rec00000000000001 into rec00000000000002 in Distributors'),
      tables,
    );
    expect(rules.at(-1)).toEqual({
      kind: 'deleteWhere',
      table: 'Distributors',
      where: 'RECORD_ID() = "rec00000000000001"',
    });
  });

  it.each([
    ['merge "a" into "b" in Distributers', /no table "Distributers"/],
    ['merge "a" into "b" in Films', /No field links to "Films"/],
  ])('refuses %s', (source, message) => {
    expect(() => compileCommands(parseCommands(source), tables)).toThrow(message);
  });
});
