import { createCommandsPlanner } from '../../../../services/planners/commands/commands-planner';
import type { PlannerMove, TranscriptEntry } from '../../../../services/planners/planner';

const BASE = 'app00000000000001';
const planner = createCommandsPlanner();

/** Lets the planner work, answering its calls from `answers`; gives back every move. */
async function converse(text: string, answers: Record<string, unknown> = {}, baseId: string | null = BASE) {
  const entries: TranscriptEntry[] = [
    { kind: 'system', text: 'rules', baseId, startedAt: '2026-01-01T00:00:00.000Z' },
    { kind: 'user', text: 'an earlier message' },
    { kind: 'assistant', text: 'an earlier answer' },
    { kind: 'user', text },
  ];
  const moves: PlannerMove[] = [];
  for (let round = 0; round < 6; round++) {
    const move = await planner.next(entries, [], new AbortController().signal);
    moves.push(move);
    entries.push({ kind: 'move', planner: planner.name, move });
    if (move.calls.length === 0) return moves;
    for (const call of move.calls) {
      const result = answers[call.name];
      entries.push({
        kind: 'result',
        callId: call.id,
        name: call.name,
        ok: !(result instanceof Error),
        result: result instanceof Error ? { error: result.message } : result,
      });
    }
  }
  throw new Error('the planner never ended');
}

const proposal = {
  editId: 'edt_1',
  headline: '605 cells: empty → Not Rated',
  counts: { changes: 605 },
  warnings: ['One warning.'],
};
const schema = {
  baseId: BASE,
  tables: [
    {
      id: 'tbl1',
      name: 'Films',
      primaryField: 'Title',
      fields: [{ id: 'f', name: 'By', type: 'multipleRecordLinks', writable: true, linkedTable: 'Labels' }],
    },
    {
      id: 'tbl2',
      name: 'Labels',
      primaryField: 'Name',
      fields: [{ id: 'g', name: 'Name', type: 'singleLineText', writable: true }],
    },
  ],
};
const base = (name: string, n: number) => ({
  baseId: `app0000000000000${n}`,
  name,
  connectionId: `con_${n}`,
  connection: 'mine',
  writable: true,
});

describe('the commands planner', () => {
  it('turns a message into one proposal and says what came of it', async () => {
    const [first, last] = await converse('set A to 1 in T; create in T: B = "x"', { propose_edit: proposal });
    expect(first?.calls).toEqual([
      {
        id: 'propose_edit',
        name: 'propose_edit',
        args: {
          baseId: BASE,
          rules: [{ kind: 'set', table: 'T', cells: { A: 1 } }],
          changes: [{ kind: 'create', table: 'T', cells: { B: 'x' } }],
        },
      },
    ]);
    expect(last?.text).toContain(
      '605 cells: empty → Not Rated\nNote: One warning.\nNothing has been written yet',
    );
  });

  it('looks at the schema first for a merge, and only then', async () => {
    const moves = await converse('merge "a" into "b" in Labels', {
      describe_base: schema,
      propose_edit: proposal,
    });
    expect(moves.map((move) => move.calls.map((call) => call.name))).toEqual([
      ['describe_base'],
      ['propose_edit'],
      [],
    ]);
    expect(moves[1]?.calls[0]?.args['rules']).toEqual([
      { kind: 'relink', table: 'Films', field: 'By', from: 'a', to: 'b' },
      { kind: 'deleteWhere', table: 'Labels', where: '{Name} = "a"' },
    ]);
  });

  it('does not merge where it cannot see every link', async () => {
    const moves = await converse('merge "a" into "b" in Labels', {
      describe_base: { ...schema, more: 'cut' },
    });
    expect(moves.at(-1)?.text).toContain('too large for merge');
  });

  it('answers a mistake with its place, and proposes nothing', async () => {
    const moves = await converse('please rate all unrated films');
    expect(moves).toHaveLength(1);
    expect(moves[0]?.text).toContain('Line 1, column 1');
    expect(moves[0]?.text).toContain('Nothing was proposed. Type help');
  });

  it('hands on what is wrong with a proposal', async () => {
    const moves = await converse('set Ratin to 1 in T', {
      propose_edit: new Error('There is no field “Ratin”.'),
    });
    expect(moves.at(-1)?.text).toBe('Nothing was proposed. There is no field “Ratin”.');
  });

  it('shows the language when asked for help', async () => {
    expect((await converse('help'))[0]?.text).toContain('merge "Sony/Columbia"');
  });

  describe('in a chat without a base', () => {
    const ask = (text: string, bases: unknown[]) =>
      converse(text, { list_bases: { bases, unreachable: [] }, propose_edit: proposal }, null);

    it('takes the only base there is', async () => {
      const moves = await ask('set A to 1 in T', [base('Films', 1)]);
      expect(moves[1]?.calls[0]?.args).toMatchObject({ baseId: 'app00000000000001', connectionId: 'con_1' });
    });

    it('takes the one that use names', async () => {
      const moves = await ask('use films; set A to 1 in T', [base('Books', 1), base('Films', 2)]);
      expect(moves[1]?.calls[0]?.args).toMatchObject({ baseId: 'app00000000000002' });
    });

    it.each([
      ['set A to 1 in T', 'Several bases fit'],
      ['use Flims; set A to 1 in T', 'Did you mean "Films"?'],
      ['use a; use b; set A to 1 in T', 'say use once'],
      ['use Films', 'Add a command'],
    ])('says what is missing: %s', async (text, said) => {
      const moves = await ask(text, [base('Books', 1), base('Films', 2)]);
      expect(moves.at(-1)?.text).toContain(said);
      expect(moves.flatMap((move) => move.calls).some((call) => call.name === 'propose_edit')).toBe(false);
    });
  });
});
