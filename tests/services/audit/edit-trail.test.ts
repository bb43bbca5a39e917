import type { RecordHistory } from '../../../contracts/audit';
import { createAudit } from '../../../services/audit/audit';
import { createRecordHistory } from '../../../services/audit/record-history';
import { openDatabase, type Database } from '../../../services/database/database';
import { parseKeyRing } from '../../../services/encryption';
import { testConfig } from '../../support/config';
import { createEditWorld, type EditRefs, type EditWorld } from '../edits/edit-world';

let world: EditWorld;
let db: Database;
let films: string[];
const film = (n: number) => films[n] ?? '';
const field = (name: string) => world.server.field('Films', name);
const KEYS = parseKeyRing(testConfig({}).encryptionKeys);

beforeAll(async () => {
  world = await createEditWorld();
  db = openDatabase(world.server.database.url, 2);
});
beforeEach(async () => {
  world.forget();
  films = await world.films(3);
});
afterAll(async () => {
  await db?.close();
  await world?.close();
});

const update = (n: number, cells: Record<string, unknown>) => ({
  kind: 'update',
  table: 'Films',
  recordId: film(n),
  cells,
});

function history({ workspaceId }: EditRefs, recordId: string, more = {}): Promise<RecordHistory> {
  const query = { workspaceId, baseId: world.server.base.id, recordId, limit: 10, ...more };
  return createRecordHistory(db, KEYS).read(query);
}

async function exported(edit: EditRefs) {
  const lines = [];
  for await (const line of createAudit(db).export(edit.workspaceId, {}))
    if (line.type === 'change' && line.editId === edit.editId) lines.push(line);
  return lines;
}

describe('the trail of an edit', () => {
  it('tells who changed a cell, before and after, who asked and who approved', async () => {
    const edit = await world.approved({ note: 'as agreed', changes: [update(0, { Gross: 7 })] });
    await world.applyAll(edit);
    const { entries } = await history(edit, film(0), { fieldId: field('Gross') });
    expect(entries).toMatchObject([
      {
        by: 'edit',
        event: 'landed',
        fieldIds: [field('Gross')],
        fieldNames: { [field('Gross')]: 'Gross' },
        values: { before: { [field('Gross')]: 10_000 }, after: { [field('Gross')]: 7 } },
        erased: false,
        edit: { editId: edit.editId, note: 'as agreed', evidence: 'answer' },
      },
    ]);
    expect(entries[0]?.edit?.askedBy).not.toBe('');
    expect(entries[0]?.edit?.approvedBy).not.toBeNull();
    expect(await history(edit, film(0), { fieldId: field('Title') })).toMatchObject({ entries: [] });
    expect(await history(edit, film(1))).toMatchObject({ entries: [] });
  });

  it('has what was taken back as an entry of its own', async () => {
    const edit = await world.approved({ changes: [update(0, { Gross: 7 })] });
    await world.applyAll(edit);
    await world.undoAll(edit);
    const { entries } = await history(edit, film(0));
    expect(entries.map(({ event }) => event)).toEqual(['undone', 'landed']);
    expect(entries[0]?.values).toEqual({
      before: { [field('Gross')]: 7 },
      after: { [field('Gross')]: 10_000 },
    });
  });

  it('shows what a conflict left alone not as a change', async () => {
    const edit = await world.approved({ changes: [update(0, { Gross: 7 }), update(1, { Gross: 8 })] });
    await world.change(film(0), { Gross: 99 });
    await world.applyAll(edit);
    expect(await exported(edit)).toMatchObject([{ recordId: film(1), event: 'landed' }]);
  });

  it('covers creations with the record’s id, and deletions with all that the record held', async () => {
    const edit = await world.approved({
      changes: [
        { kind: 'create', table: 'Films', cells: { Title: 'New', Gross: 1 } },
        { kind: 'delete', table: 'Films', recordId: film(2) },
      ],
    });
    await world.applyAll(edit);
    const lines = await exported(edit);
    expect(lines.map(({ kind }) => kind)).toEqual(['create', 'delete']);
    const made = (await history(edit, lines[0]?.recordId ?? '')).entries[0];
    expect(made?.values).toMatchObject({
      before: {},
      after: { [field('Title')]: 'New', [field('Gross')]: 1 },
    });
    const gone = (await history(edit, film(2))).entries[0];
    expect(gone?.values).toMatchObject({ before: { [field('Title')]: 'Film 2' }, after: {} });
  });

  it('gives pages that miss nothing', async () => {
    const edit = await world.approved({ changes: [update(0, { Gross: 7 })] });
    await world.applyAll(edit);
    await world.undoAll(edit);
    const first = await history(edit, film(0), { limit: 1 });
    const second = await history(edit, film(0), { limit: 1, cursor: first.nextCursor ?? '' });
    const third = await history(edit, film(0), { limit: 1, cursor: second.nextCursor ?? '' });
    expect([first, second, third].map(({ entries }) => entries.map(({ event }) => event))).toEqual([
      ['undone'],
      ['landed'],
      [],
    ]);
    await expect(history(edit, film(0), { cursor: '1; DROP' })).rejects.toMatchObject({ code: 'bad_cursor' });
  });
});

describe('erasure', () => {
  it('makes the values of one record unreadable and leaves the rows and their digests', async () => {
    const edit = await world.approved({ changes: [update(0, { Gross: 7 }), update(1, { Gross: 8 })] });
    await world.applyAll(edit);
    const before = await exported(edit);
    const ref = { workspaceId: edit.workspaceId, baseId: world.server.base.id, recordId: film(0) };
    await createAudit(db).erase(ref, 'usr_eraser');

    expect((await history(edit, film(0))).entries).toMatchObject([
      { event: 'landed', values: null, erased: true },
    ]);
    expect((await history(edit, film(1))).entries).toMatchObject([{ erased: false }]);
    expect(await exported(edit)).toEqual(before);
    const [action] = await createAudit(db).list(edit.workspaceId, { action: 'record.erased' }, 1, undefined);
    expect(action).toMatchObject({ actor: 'usr_eraser', subject: film(0) });
  });

  it('does not keep later changes of the record from being audited, and those before it stay unreadable', async () => {
    const edit = await world.approved({ changes: [update(0, { Gross: 7 })] });
    await world.applyAll(edit);
    const ref = { workspaceId: edit.workspaceId, baseId: world.server.base.id, recordId: film(0) };
    await createAudit(db).erase(ref, 'usr_eraser');
    await world.undoAll(edit);
    const { entries } = await history(edit, film(0));
    expect(entries).toMatchObject([
      { event: 'undone', erased: false },
      { event: 'landed', erased: true, values: null },
    ]);
  });
});

describe('nobody rewrites it', () => {
  it.each(['audit', 'audit_changes', 'audit_values'])('%s can be added to only', async (table) => {
    const edit = await world.approved({ changes: [update(0, { Gross: 7 })] });
    await world.applyAll(edit);
    const attempt = (sql: string) => db.tenant(edit.workspaceId, (tx) => tx.query(sql));
    await expect(attempt(`DELETE FROM ${table}`)).rejects.toThrow(/permission denied/);
    await expect(attempt(`UPDATE ${table} SET workspace_id = workspace_id`)).rejects.toThrow(
      /permission denied/,
    );
  });

  it('values that are exchanged no longer match their row', async () => {
    const edit = await world.approved({ changes: [update(0, { Gross: 7 })] });
    await world.applyAll(edit);
    await world.server.database.admin.query(
      `UPDATE audit_changes SET digest = repeat('0', 64) WHERE edit_id = $1`,
      [edit.editId],
    );
    await expect(history(edit, film(0))).rejects.toThrow(/does not match/);
  });

  it('another workspace sees none of it', async () => {
    const edit = await world.approved({ changes: [update(0, { Gross: 7 })] });
    await world.applyAll(edit);
    const elsewhere = { ...edit, workspaceId: 'ws_aaaaaaaaaaaaaaaaaaaaaa' };
    expect((await history(elsewhere, film(0))).entries).toEqual([]);
    expect(await exported(elsewhere)).toEqual([]);
  });
});
