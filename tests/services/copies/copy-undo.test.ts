import type { CopyRef } from '../../../services/copies/chunk';
import { doStep, undoStep } from '../../../services/operations/steps';
import { createCopyWorld, type CopyWorld } from './copy-world';
import { makeSourceBase, type SourceBase } from './copied-base';

let world: CopyWorld;
let base: SourceBase;

beforeEach(async () => {
  world = await createCopyWorld();
  base = await makeSourceBase(world);
});
afterEach(() => world.close());

const { signal } = new AbortController();
const live = { signal, heartbeat: () => undefined };
const fenceOf = ({ workspaceId, operationId }: CopyRef) => ({ workspaceId, operationId, step: 'base' });

const openBase = (ref: CopyRef) =>
  doStep(world.database.db, 'tenant', fenceOf(ref), (tx) => world.copies.open(tx, ref.copyId));

/** The undos of the operation, newest first. Returns how many changes were left. */
async function undo(ref: CopyRef): Promise<number> {
  for (let n = 0; (await world.copies.stopChunk(ref, live)).state !== 'done'; n++) {
    if (n > 100) throw new Error('the undo does not end');
  }
  const { left } = await world.copies.concludeStopped(ref);
  await undoStep<{ first: boolean }>(world.database.db, 'tenant', fenceOf(ref), (tx, made) =>
    world.copies.close(tx, ref.copyId, made),
  );
  return left;
}

async function rowsOfTarget(): Promise<Record<string, number>> {
  const tables = [
    'engine_bases',
    'engine_tables',
    'engine_records',
    'engine_comments',
    'engine_attachments',
    'copied_bases',
    'copied_records',
    'copy_tasks',
    'files',
    'engine_people',
  ];
  const counts: Record<string, number> = {};
  for (const table of tables) {
    const { rows } = await world.database.admin.query<{ n: number }>(
      `SELECT count(*)::int AS n FROM ${table} WHERE workspace_id = $1`,
      [world.target.workspaceId],
    );
    counts[table] = rows[0]?.n ?? -1;
  }
  return counts;
}

/** Copies until something of it is there, and dies. */
async function copyHalf(ref: CopyRef): Promise<void> {
  const kill = new AbortController();
  let pages = 0;
  world.intercept = (req) => {
    if (req.url.includes('pageSize=100') && ++pages === 2) kill.abort(new Error('killed'));
    return kill.signal.aborted;
  };
  await expect(world.chunk(ref, kill.signal)).rejects.toThrow();
  world.intercept = undefined;
}

it('the undo of a first copy leaves nothing of it, and the same base can be copied again', async () => {
  const before = await rowsOfTarget();
  const ref = await world.begin(base.baseId);
  await openBase(ref);
  await copyHalf(ref);
  expect((await rowsOfTarget())['engine_records']).toBeGreaterThan(0);
  expect(await undo(ref)).toBe(0);
  expect(await rowsOfTarget()).toEqual(before);
  expect(await world.copies.report(ref.workspaceId, ref.copyId)).toMatchObject({ state: 'rolled_back' });
  await world.operations.finish(ref.workspaceId, ref.operationId, 'rolled_back', null, null);
  expect(await world.copy(base.baseId)).toMatchObject({ state: 'done', first: true });
});

it('the undo of a copy that never began has nothing to do', async () => {
  const before = await rowsOfTarget();
  const ref = await world.begin(base.baseId);
  expect(await undo(ref)).toBe(0);
  expect(await rowsOfTarget()).toEqual(before);
});

it('an attempt that wakes after the undo writes nothing', async () => {
  const ref = await world.begin(base.baseId);
  await openBase(ref);
  await world.chunk(ref);
  await undo(ref);
  const after = await rowsOfTarget();
  await expect(world.chunk(ref)).rejects.toMatchObject({ kind: 'Conflict', retryable: false });
  await expect(openBase(ref)).rejects.toMatchObject({ code: 'fenced' });
  expect(await rowsOfTarget()).toEqual(after);
});

it('an undo that is repeated is as one', async () => {
  const ref = await world.begin(base.baseId);
  await openBase(ref);
  await world.chunk(ref);
  expect(await undo(ref)).toBe(0);
  expect(await undo(ref)).toBe(0);
});

it('the undo of a repeated copy leaves the base with what has been brought, its links whole, and says so', async () => {
  await world.copy(base.baseId);
  const directors = `/${base.baseId}/${base.table('Directors')}`;
  await world.call('source', 'POST', directors, { fields: { Name: 'Chantal Akerman' } });
  const ref = await world.begin(base.baseId);
  await openBase(ref);
  await copyHalf(ref);
  expect(await undo(ref)).toBe(1);
  const report = await world.copies.report(ref.workspaceId, ref.copyId);
  expect(report).toMatchObject({ state: 'stopped', first: false });
  expect(report.note).toContain('was left in place');
  const { records } = await world.call('target', 'GET', directors);
  expect(records).toHaveLength(4);
  await world.operations.finish(ref.workspaceId, ref.operationId, 'needs_review', null, null);
  await world.copy(base.baseId);
  expect(await world.dump('target', base.baseId)).toEqual(await world.dump('source', base.baseId));
});

it('the undo of a repeated copy that had changed nothing leaves nothing to say', async () => {
  await world.copy(base.baseId);
  const ref = await world.begin(base.baseId);
  await openBase(ref);
  await copyHalf(ref);
  expect(await undo(ref)).toBe(0);
});
