import { SagatableError } from '../../contracts/errors';
import type { BasePlace } from '../engine/place';
import { removeFiles } from '../files/files';
import { buryStep } from '../operations/steps';
import type { Liveness } from '../liveness';
import { runPieces, underLease, type CopyChunk, type CopyDependencies, type CopyRef } from './chunk';
import { dropTasks } from './tasks';
import { endCopy, readCopy, type CopyRow } from './copy-rows';
import { doNextPiece } from './pieces';
import { COPY_STEP, inBase, type CopyRun } from './run';

const NOTHING_LEFT: CopyChunk = { state: 'done', waitMs: 0, done: 0, total: 0 };
/** Records, and attachments, removed at once. */
const BATCH = 1_000;
const FILES = 50;
const REMOVAL_WEIGHT = 5;

/**
 * Takes a copy that is not to go on back, some at a time; from the first of them on no attempt to copy writes any more. A
 * base that this copy made is emptied. One that was there before keeps what has been brought, and its links are mended,
 * so that it is whole.
 */
export async function stopSome(
  dependencies: CopyDependencies,
  ref: CopyRef,
  live: Liveness,
): Promise<CopyChunk> {
  const { db } = dependencies;
  const { workspaceId, operationId } = ref;
  await buryStep(db, { workspaceId, operationId, step: COPY_STEP });
  const copy = await db.tenant(workspaceId, (tx) => readCopy(tx, ref.copyId));
  if (!begun(copy)) return { state: 'done', waitMs: 0, done: 0, total: 0 };
  try {
    return await underLease(dependencies, ref, live, 'stopping', async (run) => {
      if (copy.first) return runPieces(run, emptyOut);
      await leaveOff(run);
      return runPieces(run, doNextPiece);
    });
  } catch (error) {
    // Who removed the base has left nothing to take back.
    if (error instanceof SagatableError && error.code === 'base_gone') return NOTHING_LEFT;
    throw error;
  }
}

const begun = (copy: CopyRow) =>
  copy.first !== null && copy.position.phase !== 'schema' && copy.state === 'running';

/** Removes some of what the base holds: records, then attachments with their files. Returns 0 when there is no more. */
async function emptyOut(run: CopyRun): Promise<number> {
  let removed = 0;
  await inBase(run, async ({ place }) => {
    removed =
      (await removeRecords(place, 'engine_records', 'id')) ||
      (await removeRecords(place, 'copied_records', 'record_id')) ||
      (await removeAttachments(place));
  });
  return removed > 0 ? REMOVAL_WEIGHT : 0;
}

async function removeRecords(
  { tx, workspaceId, baseId }: BasePlace,
  table: 'engine_records' | 'copied_records',
  id: 'id' | 'record_id',
): Promise<number> {
  const { rowCount } = await tx.query(
    `DELETE FROM ${table} WHERE workspace_id = $1 AND base_id = $2 AND ${id} IN (
       SELECT ${id} FROM ${table} WHERE workspace_id = $1 AND base_id = $2 LIMIT $3)`,
    [workspaceId, baseId, BATCH],
  );
  return rowCount ?? 0;
}

async function removeAttachments({ tx, workspaceId, baseId }: BasePlace): Promise<number> {
  const { rows } = await tx.query<{ id: string; file_id: string | null }>(
    `SELECT a.id, f.file_id FROM (
       SELECT id FROM engine_attachments WHERE workspace_id = $1 AND base_id = $2 LIMIT $3) a
     LEFT JOIN engine_attachment_files f ON (f.workspace_id, f.base_id, f.attachment_id) = ($1, $2, a.id)`,
    [workspaceId, baseId, FILES],
  );
  await tx.query('DELETE FROM engine_attachments WHERE workspace_id = $1 AND base_id = $2 AND id = ANY($3)', [
    workspaceId,
    baseId,
    rows.map(({ id }) => id),
  ]);
  const files = rows.flatMap(({ file_id }) => file_id ?? []);
  const shared = await tx.query<{ file_id: string }>(
    'SELECT file_id FROM engine_attachment_files WHERE workspace_id = $1 AND file_id = ANY($2)',
    [workspaceId, files],
  );
  const kept = new Set(shared.rows.map(({ file_id }) => file_id));
  await removeFiles(
    tx,
    workspaceId,
    files.filter((id) => !kept.has(id)),
  );
  return rows.length;
}

/** Nothing more is read; what is left to do is to mend the links. */
async function leaveOff(run: CopyRun): Promise<void> {
  const { phase } = run.state.position;
  if (phase === 'links' || phase === 'done') return;
  await inBase(run, async ({ place, state }) => {
    await dropTasks(place.tx, run.copyId);
    Object.assign(state.position, { phase: 'links', field: 0 });
  });
}

/** Things that a copy has changed in a base that was there before; its schema counts as one. */
function changesIn({ counts: { tables, attachments, comments }, position }: CopyRow): number {
  const records = Object.values(tables).reduce((n, t) => n + t.created + t.updated + t.removed, 0);
  const others = attachments.copied + comments.created + comments.updated + comments.removed;
  return records + others + (position.schemaChanged ? 1 : 0);
}

/** Closes a copy that was stopped. Returns how many changes stay in a base that was there before. */
export function concludeStopped(
  { db }: Pick<CopyDependencies, 'db'>,
  { workspaceId, copyId }: Pick<CopyRef, 'workspaceId' | 'copyId'>,
): Promise<{ left: number }> {
  return db.tenant(workspaceId, async (tx) => {
    await dropTasks(tx, copyId);
    const copy = await readCopy(tx, copyId);
    const left = copy.first === false ? changesIn(copy) : 0;
    if (copy.first === false) {
      const note = `The base was there before this copy and was left in place. ${left} changes had been brought and stay; copy again to bring the rest.`;
      await endCopy(tx, copyId, 'stopped', note);
    } else await endCopy(tx, copyId, 'rolled_back', 'Everything that the copy had made was removed.');
    return { left };
  });
}
