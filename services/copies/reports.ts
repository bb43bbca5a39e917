import type { CopyResult, CopySummary, CopyView } from '../../contracts/copies';
import type { Database, Tx } from '../database/database';
import { FINAL_STATUSES, type OperationStatus } from '../../contracts/operations';
import { readHosted } from './copied-bases';
import { listCopies, readCopy, type CopyRow } from './copy-rows';
import { countProblems, readProblems } from './problems';

/** A copy with its whole report. Throws NotFound. */
export function readReport(db: Database, workspaceId: string, copyId: string): Promise<CopyView> {
  return db.tenant(workspaceId, async (tx) => {
    const copy = await readCopy(tx, copyId);
    const hosted = (await readHosted(tx, workspaceId, copy.base_id)) ?? [];
    const counted = hosted.filter(({ id }) => id in copy.counts.tables);
    return {
      ...(await summarize(tx, copy)),
      workspaceId,
      counts: copy.counts,
      tableNames: Object.fromEntries(counted.map(({ id, name }) => [id, name])),
      leftOut: copy.left_out,
      ...(await readProblems(tx, copyId)),
      note: copy.note,
      requestedBy: copy.requested_by,
    };
  });
}

/** A page of a workspace's copies, newest first. `cursor` is the id that the page before ended with. */
export function listReports(
  db: Database,
  workspaceId: string,
  page: { readonly limit: number; readonly cursor?: string | undefined },
): Promise<CopySummary[]> {
  return db.tenant(workspaceId, async (tx) => {
    const summaries: CopySummary[] = [];
    for (const copy of await listCopies(tx, page)) summaries.push(await summarize(tx, copy));
    return summaries;
  });
}

async function summarize(tx: Tx, copy: CopyRow): Promise<CopySummary> {
  // An operation that was ended from outside leaves its copy behind.
  const left = copy.state === 'running' && (await hasEnded(tx, copy.operation_id));
  return {
    id: copy.id,
    baseId: copy.base_id,
    baseName: copy.base_name,
    connectionId: copy.connection_id,
    state: left ? 'stopped' : copy.state,
    first: copy.first,
    operationId: copy.operation_id,
    createdAt: copy.created_at.toISOString(),
    finishedAt: copy.finished_at?.toISOString() ?? null,
  };
}

async function hasEnded(tx: Tx, operationId: string): Promise<boolean> {
  const { rows } = await tx.query<{ status: OperationStatus }>(
    'SELECT status FROM operations WHERE id = $1',
    [operationId],
  );
  return rows[0] !== undefined && FINAL_STATUSES.includes(rows[0].status);
}

/** The outcome of a copy, without names: they stay in PostgreSQL. */
export async function resultOf(tx: Tx, copyId: string): Promise<CopyResult> {
  const copy = await readCopy(tx, copyId);
  return {
    copyId,
    baseId: copy.base_id,
    first: copy.first ?? false,
    counts: copy.counts,
    leftOut: copy.left_out.length,
    problems: await countProblems(tx, copyId),
  };
}
