import fc from 'fast-check';
import { parseCommands } from '../../../../services/planners/commands/parser';
import { CommandProblem, showProblem } from '../../../../services/planners/commands/problem';
import type { Statement } from '../../../../services/planners/commands/statements';

function problemOf(source: string): CommandProblem {
  try {
    parseCommands(source);
  } catch (error) {
    if (error instanceof CommandProblem) return error;
    throw error;
  }
  throw new Error(`was expected to be refused: ${source}`);
}

const shown = (source: string) => showProblem(source, problemOf(source));
const only = (source: string): Statement => {
  const [statement, second] = parseCommands(source);
  if (!statement || second) throw new Error('one statement was expected');
  return statement;
};

describe('reading commands', () => {
  it('reads names in quotes, in braces and bare', () => {
    const names = [
      'set "MPAA Rating" to "R" in Films',
      'SET {MPAA Rating} to “R” IN Films',
      "set MPAA Rating = 'R' in 'Films'",
    ];
    for (const source of names) {
      expect(only(source)).toMatchObject({
        kind: 'set',
        table: { text: 'Films' },
        cells: [{ field: { text: 'MPAA Rating' }, value: { kind: 'literal', value: 'R' } }],
      });
    }
  });

  it.each([
    ['"a \\"b\\" \\\\ \\n"', 'a "b" \\ \n'],
    ['-1.5', -1.5],
    ['2e6', 2_000_000],
    ['.5', 0.5],
    ['true', true],
    ['FALSE', false],
    ['empty', null],
    ['["a", "b;", 3]', ['a', 'b;', 3]],
    ['[]', []],
  ])('reads the value %s', (written, value) => {
    expect(only(`set A to ${written} in T`)).toMatchObject({
      cells: [{ value: { kind: 'literal', value } }],
    });
  });

  it('takes the formula as written, up to the end of the command', () => {
    const source =
      "delete from T where OR({a;b} = \"x;\n#\", {c} =\n  1,\n {d} = 'it\\'s') # why\nclear A in T where {B} >\n 3; help";
    expect(parseCommands(source)).toMatchObject([
      { kind: 'delete', where: "OR({a;b} = \"x;\n#\", {c} =\n  1,\n {d} = 'it\\'s')" },
      { kind: 'set', where: '{B} >\n 3' },
      { kind: 'help' },
    ]);
  });

  it('counts line breaks only where a command could end', () => {
    const source = 'set A to 1,\n\n B to\n2\nin T\n\nwhere {C} = 1\n\n;;merge "a"\ninto "b" in T';
    expect(parseCommands(source)).toMatchObject([{ kind: 'set', where: '{C} = 1' }, { kind: 'merge' }]);
  });

  it('turns weeks into days', () => {
    expect(only('shift D by -2 weeks in T')).toMatchObject({ by: -14, unit: 'days' });
  });

  it('refuses more than 100 commands', () => {
    expect(parseCommands('help;'.repeat(100))).toHaveLength(100);
    expect(problemOf('help;'.repeat(101)).message).toContain('at most 100');
  });
});

describe('mistakes', () => {
  it('are shown with line, column, the line and what was likely meant', () => {
    expect(shown('help\n  sett "A" to 1 in T')).toBe(
      'Line 2, column 3: A command begins with one of set, clear, shift, create, delete, relink, merge, rename, describe, use, help; I found "sett". ' +
        'Did you mean "set"?\n\n      sett "A" to 1 in T\n      ^',
    );
  });

  it.each([
    ['set A too 1 in T', 'I expected "to" or "=" after the field', '"to"'],
    ['set "A" too 1 in T', 'I expected "to" or "=" after the field, but found "too"', '"to"'],
    ['create field A in T as numbr', 'is no type of field that can be made', '"number"'],
    ['create field A in T as rating 11', 'from 0 to 10', undefined],
    ['create table T: A as url, a as url', 'two fields "a"', undefined],
    ['rename A to B in T', 'I expected "field" or "table" after "rename"', undefined],
    ['describe table T as 5', 'a text in quotes, or empty', undefined],
    ['set A to Drama in T', 'texts and dates stand in quotes', '"Drama" with quotes'],
    ['set A to tru in T', 'is not a value', 'true'],
    ['set A to 1998-06-12 in T', 'texts and dates stand in quotes', '"1998-06-12" with quotes'],
    ['set A to "x in T', 'no closing "', undefined],
    ['set A to ["x" in T', 'not closed by "]"', undefined],
    ['set A to 1, A to 2 in T', 'gets a value twice', undefined],
    ['set A to 1 from T', 'I expected "," or "in" after the value', undefined],
    ['set A to 1 in T wher {B} = 1', 'The command was complete before {B}', '"where"'],
    ['set A to 1 in T where', 'expected an Airtable formula', undefined],
    ['delete from T', 'says which records', undefined],
    ['delete T where 1', 'I expected "from" after "delete"', undefined],
    ['delete from T where (1', 'not closed', undefined],
    ['delete from T where 1)', 'no opening one', undefined],
    ['delete from T where "a', 'no closing "', undefined],
    ['delete from T where {a', 'no closing }', undefined],
    ['shift D by 1.5 days in T', 'a whole number', undefined],
    ['shift D by 1 yeras in T', 'days, weeks, months or years', '"years"'],
    ['shift D by 100001 days in T', 'at most 100,000', undefined],
    ['merge "a" into "a" in T', 'into itself', undefined],
    ['create in T Name = 1', 'I expected ":"', undefined],
    ['set "" to 1 in T', 'is empty', undefined],
    ['€', 'do not understand the character', undefined],
    ['# nothing', 'no command here', undefined],
  ])('%s', (source, message, suggestion) => {
    const problem = problemOf(source);
    expect(problem.message).toContain(message);
    if (suggestion !== undefined) expect(shown(source)).toContain(`Did you mean ${suggestion}`);
    expect(problem.offset).toBeLessThanOrEqual(source.length);
  });

  it('is all that any text can lead to, with a place inside the text', () => {
    const words = [
      'set',
      'to',
      'in',
      'where',
      'A',
      '"x"',
      '{f}',
      '(',
      ')',
      ',',
      ';',
      '\n',
      '1',
      '-1',
      '#',
      '"',
      '{',
      '=',
      '[',
      ']',
      'record',
    ];
    const text = fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.array(fc.constantFrom(...words)).map((some) => some.join(' ')),
    );
    fc.assert(
      fc.property(text, (source) => {
        try {
          parseCommands(source);
        } catch (error) {
          if (!(error instanceof CommandProblem)) throw error;
          expect(error.offset).toBeGreaterThanOrEqual(0);
          expect(error.offset).toBeLessThanOrEqual(source.length);
          expect(showProblem(source, error)).toMatch(/^Line \d+, column \d+: /);
        }
      }),
      { numRuns: 2_000, seed: 7 },
    );
  });

  it('is read in time that grows with the text, not with its square', () => {
    const source = `set A to "${'x'.repeat(15_000)}" in T where OR(${'{a} = "b",'.repeat(100)}1)`;
    const begun = performance.now();
    for (let i = 0; i < 20; i++) parseCommands(source);
    expect(performance.now() - begun).toBeLessThan(4_000);
  });

  it('keeps every text that is written as a value', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), (text) => {
        const written = text.replace(/[\\"]/g, '\\$&');
        expect(only(`set A to "${written}" in T`)).toMatchObject({ cells: [{ value: { value: text } }] });
      }),
      { seed: 8 },
    );
  });
});
