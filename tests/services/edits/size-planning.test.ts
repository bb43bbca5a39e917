import { Client } from 'pg';
import { Change } from '../../../contracts/changes';
import { createChangeSetHash } from '../../../services/edits/canonical';
import { insertEdit } from '../../../services/edits/edit-rows';
import { PLAN_PAGE, PlanStage } from '../../../services/edits/plan-stage';
import { draftRecord } from '../../../services/edits/record-drafts';
import { newId } from '../../../services/ids';
import { pollUntil } from '../../support/poll';
import { createEditWorld, LIVE, type EditRefs, type EditWorld } from './edit-world';

/** More than one page of a plan. */
const COUNT = PLAN_PAGE.rows + 150;
/** Several plans of this size one after the other. */
const TIMEOUT_MS = 240_000;
let world: EditWorld;
let ids: string[];

jest.setTimeout(TIMEOUT_MS);
beforeAll(async () => {
  world = await createEditWorld();
}, 60_000);
beforeEach(async () => {
  world.forget();
  const { database, base, workspaceId } = world.server;
  await database.admin.query('DELETE FROM engine_records');
  ids = Array.from({ length: COUNT }, () => `rec${newId('edit').slice(-14)}`);
  await database.admin.query(
    `INSERT INTO engine_records (workspace_id, base_id, table_id, id, created_time, cells)
     SELECT $1, $2, $3, r.id, now(), jsonb_build_object($4::text, 'Film ' || r.n, $5::text, r.n)
     FROM unnest($6::text[]) WITH ORDINALITY AS r(id, n) ORDER BY r.n`,
    [workspaceId, base.id, world.server.table('Films'), field('Title'), field('Gross'), ids],
  );
});
afterAll(() => world.close());

const field = (name: string) => world.server.field('Films', name);
const { stringify } = JSON;

interface Stored {
  readonly ordinal: number;
  readonly change: Change;
  readonly label: string | null;
}

/** The change set, checked to be all there is of the plan and to be what the hash is of. */
async function changeSet({ editId }: EditRefs): Promise<Stored[]> {
  const { admin } = world.server.database;
  const { rows } = await admin.query<{ ordinal: number; change: unknown; label: string | null }>(
    'SELECT ordinal, change, label FROM edit_changes WHERE edit_id = $1 ORDER BY ordinal',
    [editId],
  );
  const edits = await admin.query<{ connectionId: string; baseId: string; hash: string; counted: number }>(
    `SELECT connection_id AS "connectionId", base_id AS "baseId", hash, (preview -> 'counts' ->> 'changes')::int AS counted
     FROM edits WHERE id = $1`,
    [editId],
  );
  const [edit] = edits.rows;
  if (!edit) throw new Error('there is no such edit');
  const { connectionId, baseId, hash, counted } = edit;
  const changes = rows.map((row) => ({ ...row, change: Change.parse(row.change) }));
  const computed = createChangeSetHash({ connectionId, baseId });
  for (const { change } of changes) computed.add(change);
  expect(hash).toBe(computed.digest());
  expect(counted).toBe(changes.length);
  expect(changes.map(({ ordinal }) => ordinal)).toEqual(changes.map((_, i) => i));
  expect(await leftOvers()).toBe(0);
  return changes;
}

async function leftOvers(): Promise<number> {
  const { rows } = await world.server.database.admin.query('SELECT 1 FROM planned_changes');
  return rows.length;
}

/** The largest answer, in rows, and the longest parameter of the statements about plans and journals, with how many there were. */
async function watchStatements(work: () => Promise<void>) {
  const seen = { statements: 0, rows: 0, characters: 0, listed: 0 };
  const original = Reflect.get(Client.prototype, 'query') as (...args: unknown[]) => unknown;
  const watched = jest.spyOn(Client.prototype, 'query').mockImplementation(function (
    this: Client,
    ...args: unknown[]
  ) {
    const [statement, given] = args;
    const inside: unknown =
      typeof statement === 'object' && statement !== null ? Reflect.get(statement, 'values') : given;
    const sql: unknown =
      typeof statement === 'object' && statement !== null ? Reflect.get(statement, 'text') : statement;
    const answer: unknown = Reflect.apply(original, this, args);
    // The base is in the same process, and what it asks is its own matter.
    if (!/planned_changes|edit_changes/.test(String(sql))) return answer;
    seen.statements++;
    for (const value of Array.isArray(inside) ? inside : []) {
      if (typeof value === 'string') seen.characters = Math.max(seen.characters, value.length);
      if (Array.isArray(value)) seen.listed = Math.max(seen.listed, value.length);
    }
    if (answer instanceof Promise) {
      void answer.then(
        (result: { rows?: unknown[] }) => (seen.rows = Math.max(seen.rows, result.rows?.length ?? 0)),
        () => undefined,
      );
    }
    return answer;
  });
  try {
    await work();
  } finally {
    watched.mockRestore();
  }
  return seen;
}

/** As if all of it had been applied: in the journal and in the base. */
async function landed({ editId }: EditRefs, cells: Record<string, unknown>): Promise<void> {
  const { admin } = world.server.database;
  await admin.query(
    `UPDATE edit_changes SET state = 'landed', sent_at = clock_timestamp(), settled_at = clock_timestamp() WHERE edit_id = $1`,
    [editId],
  );
  await admin.query(`UPDATE edits SET state = 'applied', decided_at = clock_timestamp() WHERE id = $1`, [
    editId,
  ]);
  await admin.query('UPDATE engine_records SET cells = cells || $1::jsonb', [stringify(cells)]);
}

async function stagedRevert({ workspaceId, editId }: EditRefs, request: unknown = {}): Promise<EditRefs> {
  const { database, base } = world.server;
  const refs = { workspaceId, editId: newId('edit'), operationId: newId('operation') };
  const { rows } = await database.admin.query<{ id: string }>(
    'SELECT connection_id AS id FROM edits WHERE id = $1',
    [editId],
  );
  await database.db.tenant(workspaceId, (tx) =>
    insertEdit(tx, {
      ...{
        id: refs.editId,
        workspaceId,
        kind: 'revert',
        connectionId: rows[0]?.id ?? '',
        baseId: base.id,
        request,
      },
      ...{ note: null, planner: null, proposedBy: 'usr_test', chatId: null },
      ...{ revertOf: editId, operationId: null },
    }),
  );
  return refs;
}

const setAll = (cells: Record<string, unknown>) => ({ rules: [{ kind: 'set', table: 'Films', cells }] });

test('A large plan is the change set that a small one would be: later rules win, whatever page they meet the record on.', async () => {
  const [first = '', second = '', ...rest] = ids;
  const refs = await world.staged({
    rules: [
      { kind: 'set', table: 'Films', cells: { Gross: -1, Notes: 'seen' } },
      { kind: 'deleteWhere', table: 'Films', where: `{Gross} > ${COUNT - 10}` },
      {
        kind: 'set',
        table: 'Films',
        where: `RECORD_ID() = "${first}"`,
        cells: { Gross: 1, Rating: 'New one' },
      },
    ],
    changes: [
      { kind: 'create', table: 'Films', cells: { Title: 'A new film' } },
      { kind: 'update', table: 'Films', recordId: second, cells: { Notes: null } },
    ],
  });
  await world.edits.plan(refs, LIVE);
  const updates = rest.slice(0, -10).map((recordId, i) => ({
    ...{ kind: 'update', tableId: world.server.table('Films'), recordId },
    cells: {
      [field('Gross')]: { before: i + 3, after: -1 },
      [field('Notes')]: { before: null, after: 'seen' },
    },
  }));
  const set = (await changeSet(refs)).map(({ change }) => change);
  expect(set.map(({ kind }) => kind)).toEqual([
    ...['createOption', 'create'],
    ...Array<string>(COUNT - 10).fill('update'),
    ...Array<string>(10).fill('delete'),
  ]);
  // The first holds already the number that the last rule gives it; the second was left its note by what came last.
  expect(set[2]).toMatchObject({
    recordId: first,
    cells: {
      [field('Notes')]: { before: null, after: 'seen' },
      [field('Rating')]: { before: null, after: 'New one' },
    },
  });
  expect(set[2]).not.toHaveProperty(['cells', field('Gross')]);
  expect(set[3]).toMatchObject({ recordId: second, cells: { [field('Gross')]: { before: 2, after: -1 } } });
  expect(set[3]).not.toHaveProperty(['cells', field('Notes')]);
  expect(set.slice(4, -10)).toEqual(updates);
  expect(set.slice(-10)).toMatchObject(rest.slice(-10).map((recordId) => ({ recordId })));
});

test('Planning an edit and its revert holds a page at a time, and asks the store a few times a page.', async () => {
  const refs = await world.staged(setAll({ Gross: -1 }));
  const pages = Math.ceil(COUNT / PLAN_PAGE.rows);
  const planning = await watchStatements(() => world.edits.plan(refs, LIVE));
  await changeSet(refs);
  await landed(refs, { [field('Gross')]: -1 });
  const revert = await stagedRevert(refs);
  const reverting = await watchStatements(() => world.edits.plan(revert, LIVE));
  const back = await changeSet(revert);
  for (const seen of [planning, reverting]) {
    expect(seen.rows).toBeLessThanOrEqual(PLAN_PAGE.rows);
    expect(seen.listed).toBeLessThanOrEqual(PLAN_PAGE.rows);
    // Of a page of so small changes; all of them would be more.
    expect(seen.characters).toBeLessThan(PLAN_PAGE.rows * 500);
    expect(seen.statements).toBeLessThan(20 + pages * 10);
  }
  expect(back.map(({ change }) => change)).toEqual(
    [...ids].reverse().map((recordId, i) => ({
      ...{ kind: 'update', tableId: world.server.table('Films'), recordId },
      cells: { [field('Gross')]: { before: -1, after: COUNT - i } },
    })),
  );
});

test('Large values make pages of fewer records.', async () => {
  const long = 'long '.repeat(18_000);
  await world.server.database.admin.query('UPDATE engine_records SET cells = cells || $1::jsonb', [
    stringify({ [field('Notes')]: long }),
  ]);
  const refs = await world.staged({
    rules: [{ kind: 'deleteWhere', table: 'Films', where: `{Gross} <= ${PLAN_PAGE.rows / 4}` }],
  });
  const seen = await watchStatements(() => world.edits.plan(refs, LIVE));
  expect(await changeSet(refs)).toHaveLength(PLAN_PAGE.rows / 4);
  expect(seen.rows).toBeLessThanOrEqual(PLAN_PAGE.characters / long.length + 1);
  expect(seen.characters).toBeLessThan(PLAN_PAGE.characters * 1.1 + long.length);
});

test('Edits of many records are taken back together as one, across pages.', async () => {
  const older = await world.staged(setAll({ Gross: -1 }));
  await world.edits.plan(older, LIVE);
  await landed(older, { [field('Gross')]: -1 });
  const newer = await world.staged(setAll({ Gross: -2, Notes: 'twice' }));
  await world.edits.plan(newer, LIVE);
  await landed(newer, { [field('Gross')]: -2, [field('Notes')]: 'twice' });
  await world.server.database.admin.query('ANALYZE edit_changes');
  const revert = await stagedRevert(older, { withDependents: true });
  await world.edits.plan(revert, LIVE);
  const back = await changeSet(revert);
  expect(back.map(({ change }) => change)).toEqual(
    [...ids].reverse().map((recordId, i) => ({
      ...{ kind: 'update', tableId: world.server.table('Films'), recordId },
      cells: {
        [field('Gross')]: { before: -2, after: COUNT - i },
        [field('Notes')]: { before: 'twice', after: null },
      },
    })),
  );
});

test('A plan that was killed on the way leaves nothing in the one that is made after it.', async () => {
  const refs = await world.staged(setAll({ Gross: -1 }));
  const killed = new PlanStage(world.server.database.db, refs);
  for (let i = 0; i < PLAN_PAGE.rows; i++) {
    const cells = { [field('Gross')]: { before: 0, after: 1 } };
    const recordId = `rec${String(i).padStart(14, '0')}`;
    await killed.add(draftRecord({ tableId: world.server.table('Films'), recordId, cells }));
  }
  expect(await leftOvers()).toBe(PLAN_PAGE.rows);
  await world.edits.plan(refs, LIVE);
  expect(await changeSet(refs)).toHaveLength(COUNT);
  await world.edits.plan(refs, LIVE);
  expect(await changeSet(refs)).toHaveLength(COUNT);
});

test('A plan that is cancelled or fails leaves nothing behind.', async () => {
  const refs = await world.staged(setAll({ Gross: -1 }));
  const cancelling = new AbortController();
  let lists = 0;
  world.onRequest = async () => {
    if (++lists > COUNT / 100) cancelling.abort();
    return undefined;
  };
  const live = { ...LIVE, signal: cancelling.signal };
  await expect(world.edits.plan(refs, live)).rejects.toThrow();
  expect(await leftOvers()).toBe(0);
  expect(await world.editState(refs)).toBe('planning');
});

test('Of two attempts at once one makes the change set, and the other stops.', async () => {
  const refs = await world.staged(setAll({ Gross: -1 }));
  let stop = true;
  let release = () => undefined as void;
  const held = new Promise<void>((resolve) => (release = resolve));
  world.onRequest = async () => {
    if (stop && (await leftOvers()) > 0) {
      stop = false;
      await held;
    }
    return undefined;
  };
  const slow = world.edits.plan(refs, LIVE);
  const ended = expect(slow).rejects.toMatchObject({ code: 'planned_elsewhere', retryable: true });
  await pollUntil('the first attempt is held', async () => !stop, 30_000);
  await world.edits.plan(refs, LIVE);
  release();
  await ended;
  expect(await changeSet(refs)).toHaveLength(COUNT);
});
