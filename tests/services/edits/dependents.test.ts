import fc from 'fast-check';
import type { Cells, CellValue, FieldSchema } from '../../../contracts/airtable';
import type { ChainRequest } from '../../../contracts/dependents';
import { foldEntries } from '../../../services/edits/dependents-folding';
import { insertEdit, readEdit } from '../../../services/edits/edit-rows';
import type { JournalEntry } from '../../../services/edits/journal';
import { newId } from '../../../services/ids';
import type { z } from 'zod';
import { createEditWorld, LIVE, type EditRefs, type EditWorld } from './edit-world';

describe('a revert of an edit below newer ones', () => {
  let world: EditWorld;
  beforeAll(async () => {
    world = await createEditWorld();
  }, 60_000);
  afterAll(() => world.close());

  beforeEach(async () => {
    world.forget();
    for (const id of (await world.cells()).keys())
      await world.server.call('DELETE', `/${world.server.base.id}/${world.server.table('Films')}/${id}`);
  });

  const set = (cells: Cells) => ({ rules: [{ kind: 'set', table: 'Films', where: '{Title}', cells }] });
  const of = (...changes: object[]) => ({ changes });

  async function applied(input: unknown): Promise<EditRefs> {
    const edit = await world.approved(input);
    expect(await world.applyAll(edit)).toMatchObject({ state: 'done' });
    await world.conclude(edit, false);
    return edit;
  }

  /** Plans the undo of an edit as its door stages it. */
  async function planned({ workspaceId, editId }: EditRefs, request: z.infer<typeof ChainRequest> = {}) {
    const ref = { workspaceId, editId: newId('edit'), operationId: newId('operation') };
    const { db } = world.server.database;
    await db.tenant(workspaceId, async (tx) => {
      const original = await readEdit(tx, editId);
      await insertEdit(tx, {
        id: ref.editId,
        workspaceId,
        kind: 'revert',
        connectionId: original.connection_id,
        baseId: original.base_id,
        request,
        note: null,
        planner: null,
        proposedBy: 'usr_test',
        chatId: null,
        revertOf: editId,
        operationId: ref.operationId,
      });
    });
    await world.edits.plan(ref, LIVE);
    const edit = await db.tenant(workspaceId, (tx) => readEdit(tx, ref.editId));
    return { ref, warnings: edit.preview?.warnings ?? [] };
  }

  async function reverted(edit: EditRefs, request: z.infer<typeof ChainRequest> = {}): Promise<EditRefs> {
    const { ref } = await planned(edit, request);
    await world.approve(ref);
    expect(await world.applyAll(ref)).toMatchObject({ state: 'done' });
    await world.conclude(ref, false);
    return ref;
  }

  const dependents = ({ workspaceId, editId }: EditRefs) => world.reviews.dependents(workspaceId, editId);

  it('names the newer edits and which cells hold theirs, and leaves those alone', async () => {
    const ids = await world.films(3);
    const older = await applied(set({ Gross: 1 }));
    const newer = await applied(
      of({ kind: 'update', table: 'Films', recordId: ids[1], cells: { Gross: 2 } }),
    );
    expect(await dependents(older)).toMatchObject([
      {
        editId: newer.editId,
        records: 1,
        cells: 1,
        examples: [{ recordId: ids[1], label: 'Film 1', fields: ['Gross'] }],
      },
    ]);
    expect(await dependents(newer)).toEqual([]);
    const { ref, warnings } = await planned(older);
    expect(warnings.join('\n')).toContain(newer.editId);
    expect(warnings.join('\n')).toContain('Film 1: Gross');
    await world.approve(ref);
    await world.applyAll(ref);
    const now = await world.cells();
    expect(ids.map((id) => now.get(id)?.['Gross'])).toEqual([10_000, 2, 10_002]);
  });

  it('takes the newer back first and then the older, in one change set', async () => {
    await world.films(12);
    const before = await world.cells();
    const older = await applied(set({ Gross: 1 }));
    const newer = await applied(set({ Gross: 2 }));
    const newest = await applied(set({ Gross: 3 }));
    expect((await dependents(older)).map(({ editId }) => editId).sort()).toEqual(
      [newer.editId, newest.editId].sort(),
    );
    const undo = await reverted(older, { withDependents: true });
    expect(await world.cells()).toEqual(before);
    expect(await world.states(undo)).toEqual({ landed: 12 });
    expect([await dependents(older), await dependents(newer)]).toEqual([[], []]);
  });

  it('takes back only the newer ones that are named', async () => {
    const ids = await world.films(2);
    const older = await applied(set({ Gross: 1 }));
    const named = await applied(
      of({ kind: 'update', table: 'Films', recordId: ids[0], cells: { Gross: 2 } }),
    );
    await applied(of({ kind: 'update', table: 'Films', recordId: ids[1], cells: { Gross: 3 } }));
    await reverted(older, { including: [named.editId] });
    const now = await world.cells();
    expect(ids.map((id) => now.get(id)?.['Gross'])).toEqual([10_000, 3]);
  });

  it('refuses a name that does not depend on it, and says how when all of it is below newer ones', async () => {
    const ids = await world.films(1);
    const older = await applied(set({ Gross: 1 }));
    const other = await applied(
      of({ kind: 'update', table: 'Films', recordId: ids[0], cells: { Title: 'x' } }),
    );
    await expect(planned(older, { including: [other.editId] })).rejects.toMatchObject({
      code: 'not_a_dependent',
    });
    const newer = await applied(set({ Gross: 2 }));
    await expect(planned(older)).rejects.toMatchObject({
      code: 'nothing_to_revert',
      details: { dependents: [newer.editId] },
    });
  });

  it('an edit that was taken back since is in nobody’s way, nor is what took it back', async () => {
    await world.films(2);
    const before = await world.cells();
    const older = await applied(set({ Gross: 1 }));
    const newer = await applied(set({ Gross: 2 }));
    await reverted(newer);
    expect(await dependents(older)).toEqual([]);
    await reverted(older);
    expect(await world.cells()).toEqual(before);
  });

  it('what somebody did between two edits stays', async () => {
    const ids = await world.films(2);
    const older = await applied(set({ Gross: 1 }));
    await world.change(ids[0] ?? '', { Gross: 50 });
    await applied(set({ Gross: 2 }));
    const { ref, warnings } = await planned(older, { withDependents: true });
    expect(warnings.join('\n')).toContain('Changed by somebody between these edits');
    await world.approve(ref);
    await world.applyAll(ref);
    const now = await world.cells();
    expect(ids.map((id) => now.get(id)?.['Gross'])).toEqual([50, 10_001]);
  });

  it('deletes a record that the older created and the newer changed', async () => {
    const older = await applied(of({ kind: 'create', table: 'Films', cells: { Title: 'New', Gross: 1 } }));
    const [id] = [...(await world.cells()).keys()];
    await applied(of({ kind: 'update', table: 'Films', recordId: id, cells: { Gross: 2 } }));
    await reverted(older, { withDependents: true });
    expect((await world.cells()).size).toBe(0);
  });

  it('brings a record that the newer deleted back as it was before the older', async () => {
    const ids = await world.films(1);
    const older = await applied(set({ Gross: 1 }));
    await applied(of({ kind: 'delete', table: 'Films', recordId: ids[0] }));
    await reverted(older, { withDependents: true });
    expect([...(await world.cells()).values()]).toMatchObject([{ Title: 'Film 0', Gross: 10_000 }]);
  });

  it('a deleted record comes back once, though two undos were to bring it back', async () => {
    const ids = await world.films(1);
    const older = await applied(set({ Gross: 1 }));
    const newer = await applied(of({ kind: 'delete', table: 'Films', recordId: ids[0] }));
    const { ref: alone } = await planned(newer);
    await reverted(older, { withDependents: true });
    await world.approve(alone);
    await world.applyAll(alone);
    expect(await world.states(alone)).toEqual({ conflict: 1 });
    expect((await world.cells()).size).toBe(1);
  });

  it('comes to nothing for a record that the older created and the newer deleted', async () => {
    const older = await applied(
      of(
        { kind: 'create', table: 'Films', cells: { Title: 'Stays' } },
        { kind: 'create', table: 'Films', cells: { Title: 'Goes' } },
      ),
    );
    const gone = [...(await world.cells())].find(([, cells]) => cells['Title'] === 'Goes')?.[0];
    await applied(of({ kind: 'delete', table: 'Films', recordId: gone }));
    await reverted(older, { withDependents: true });
    expect((await world.cells()).size).toBe(0);
  });
});

describe('what several edits did to a record, taken as one', () => {
  const FIELDS = ['fldAAAAAAAAAAAAAA', 'fldBBBBBBBBBBBBBB', 'fldCCCCCCCCCCCCCC'];
  const fields = new Map<string, FieldSchema>(
    FIELDS.map((id) => [id, { id, name: id, type: 'singleLineText' }]),
  );
  const value = fc.constantFrom<CellValue>(null, 'a', 'b', 'c');
  const write = fc.record({
    by: fc.constantFrom('edit', 'somebody'),
    cells: fc.dictionary(fc.constantFrom(...FIELDS), value, { minKeys: 1 }),
  });

  it('goes back to where taking back one after the other goes', () => {
    fc.assert(
      fc.property(fc.array(write, { minLength: 1, maxLength: 6 }), (writes) => {
        const held: Cells = {};
        const entries: JournalEntry[] = [];
        for (const { by, cells } of writes) {
          if (by === 'edit') entries.unshift(entryOf(entries.length, cells, { ...held }));
          Object.assign(held, cells);
        }
        const [folded, ...rest] = foldEntries(fields, entries).entries;
        expect(rest).toEqual([]);
        const oneByOne = takenBack(held, entries);
        const kept = takenBack(held, []);
        const expected = FIELDS.map((id) => (holdsNewest(held, entries, id) ? oneByOne : kept)[id]);
        const after = takenBack(held, folded ? [folded] : []);
        expect(FIELDS.map((id) => after[id])).toEqual(expected);
      }),
      { seed: 6021, numRuns: 500 },
    );
  });

  /** Whether a cell still holds what the newest of the edits wrote there. */
  function holdsNewest(held: Cells, entries: readonly JournalEntry[], id: string): boolean {
    const newest = entries.find(({ change }) => change.kind === 'update' && id in change.cells)?.change;
    return newest?.kind === 'update' && newest.cells[id]?.after === (held[id] ?? null);
  }

  /** Cell by cell: what still holds an entry's result goes back to what it found. */
  function takenBack(held: Cells, entries: readonly JournalEntry[]): Cells {
    const now: Cells = { ...held };
    for (const { change, found } of entries) {
      if (change.kind !== 'update') continue;
      for (const [id, cell] of Object.entries(change.cells))
        if ((now[id] ?? null) === cell.after) now[id] = found?.[id] ?? null;
    }
    return Object.fromEntries(FIELDS.map((id) => [id, now[id] ?? null]));
  }

  function entryOf(ordinal: number, cells: Cells, found: Cells): JournalEntry {
    const recordId = 'recAAAAAAAAAAAAAA';
    return {
      ordinal,
      change: {
        kind: 'update',
        tableId: 'tblAAAAAAAAAAAAAA',
        recordId,
        cells: Object.fromEntries(
          Object.entries(cells).map(([id, after]) => [id, { before: found[id] ?? null, after }]),
        ),
      },
      recordId,
      label: null,
      state: 'landed',
      reason: null,
      found: Object.fromEntries(Object.keys(cells).map((id) => [id, found[id] ?? null])),
      batch: null,
      sentAt: null,
      restoredAs: null,
      evidence: null,
      markerField: null,
      firstSentAt: null,
    };
  }
});
