import type { Cells } from '../../contracts/airtable';
import { SagatableError } from '../../contracts/errors';
import type { LateRecordView, Verdict } from '../../contracts/reviews';
import type { AirtableClient } from '../airtable/client';
import type { Tx } from '../database/database';
import { removeLateRecords } from './late-records';
import { holdLease } from './leases';
import { presentCells } from './present';
import type { Preview } from './preview';
import { readRecords } from './read-records';
import type { EditRun } from './run';

/** A late record that nobody has dealt with. */
export const LEFT_LATE = `('changed', 'unclear', 'found', 'undo_intended')`;

interface Row extends Record<string, unknown> {
  readonly record_id: string;
  readonly table_id: string;
  readonly ordinal: number;
  readonly cells: Cells;
  readonly evidence: string | null;
  readonly state: LateRecordView['state'];
  readonly reason: string | null;
  readonly found_at: Date;
  readonly review_operation: string | null;
  readonly verdict: Verdict | null;
}

/** Records that came late and wait for a person, of all changes or some; the oldest first. */
export async function readLateWaiting(tx: Tx, editId: string, recordIds?: readonly string[]): Promise<Row[]> {
  const { rows } = await tx.query<Row>(
    `SELECT record_id, table_id, ordinal, cells, evidence, state, reason, found_at, review_operation, verdict FROM late_records
     WHERE edit_id = $1 AND state IN ${LEFT_LATE} AND ($2::text[] IS NULL OR record_id = ANY($2))
     ORDER BY found_at, record_id COLLATE "C" ${recordIds ? 'FOR UPDATE' : ''}`,
    [editId, recordIds ?? null],
  );
  return rows;
}

/** As the API shows one; `now` is what a fresh look found: null where it is gone, undefined where nobody looked. */
export function viewLate(row: Row, now: Cells | null | undefined): LateRecordView {
  return {
    recordId: row.record_id,
    state: row.state,
    evidence: row.evidence,
    reason: row.reason,
    foundAt: row.found_at.toISOString(),
    cells: row.cells,
    looked: now !== undefined,
    now: now ?? null,
    deciding: row.review_operation,
  };
}

/** What these records hold now, by id; what is gone is left out. A call for each table and a hundred records. */
export async function lookAtLate(
  client: AirtableClient,
  base: { readonly baseId: string; readonly tables: Preview['tables'] },
  rows: readonly Pick<Row, 'record_id' | 'table_id'>[],
  signal: AbortSignal,
): Promise<Map<string, Cells>> {
  const seen = new Map<string, Cells>();
  for (const tableId of new Set(rows.map((row) => row.table_id))) {
    const ids = rows.filter((row) => row.table_id === tableId).map((row) => row.record_id);
    for await (const record of readRecords(client, base.baseId, tableId, ids, signal))
      seen.set(record.id, presentCells(base, tableId, record));
  }
  return seen;
}

/**
 * Marks late records with a person's verdict: `landed`, the edit made it and it stays; `notLanded`, it is somebody else's;
 * `retry`, it is to be deleted, if it is still as `seen` just before. Throws Conflict `already_reviewed` when one of them does
 * not wait (any more); then nothing is marked.
 */
export async function stageLateVerdict(
  tx: Tx,
  ref: { readonly workspaceId: string; readonly editId: string; readonly operationId: string },
  by: string,
  { recordIds, verdict }: { readonly recordIds: readonly string[]; readonly verdict: Verdict },
  seen: ReadonlyMap<string, Cells>,
): Promise<void> {
  const wanted = new Set(recordIds);
  const waiting = await readLateWaiting(tx, ref.editId, recordIds);
  const free = waiting.filter((row) => row.review_operation === null);
  if (free.length < wanted.size) {
    throw new SagatableError(
      'Conflict',
      'Not all of these records wait for a decision any more: somebody else decided, or it is being carried out.',
      { code: 'already_reviewed' },
    );
  }
  await tx.query(
    `UPDATE late_records SET verdict = $3, reviewed_by = $4, reviewed_at = clock_timestamp(), review_operation = $5,
       cells = coalesce($6::jsonb -> record_id, cells)
     WHERE edit_id = $1 AND record_id = ANY($2)`,
    [
      ref.editId,
      [...wanted],
      verdict,
      by,
      ref.operationId,
      JSON.stringify(verdict === 'retry' ? Object.fromEntries(seen) : {}),
    ],
  );
  await tx.query(
    `INSERT INTO audit (workspace_id, actor, action, subject, details) VALUES ($1, $2, 'edit.reviewed', $3, $4)`,
    [ref.workspaceId, by, ref.editId, JSON.stringify({ verdict, lateRecords: [...wanted] })],
  );
}

/** How many late records an operation is to carry out a verdict on, and on how many of them by deleting. */
export async function countLateMarks(
  tx: Tx,
  editId: string,
  operationId: string,
): Promise<{ readonly all: number; readonly deleting: number }> {
  const { rows } = await tx.query<{ all: number; deleting: number }>(
    `SELECT count(*)::int AS all, count(*) FILTER (WHERE verdict = 'retry')::int AS deleting
     FROM late_records WHERE edit_id = $1 AND review_operation = $2`,
    [editId, operationId],
  );
  return rows[0] ?? { all: 0, deleting: 0 };
}

/**
 * Carries out what persons said of late records, as far as this operation's door marked them. Repeats safely; throws what the
 * calls throw.
 */
export async function carryOutLate(run: EditRun): Promise<void> {
  const marked = await run.db.tenant(run.workspaceId, async (tx) => {
    await holdLease(tx, run.lease);
    const { rows } = await tx.query<Row & { was: Row['state'] }>(
      `UPDATE late_records l SET reason = CASE l.verdict WHEN 'landed' THEN 'is this edit’s and stays: decided in review'
           WHEN 'notLanded' THEN 'is not this edit’s: decided in review' ELSE l.reason END,
         state = CASE WHEN l.verdict = 'landed' THEN 'settled' WHEN l.verdict = 'notLanded' THEN 'foreign'
           WHEN o.state IN ('changed', 'unclear') THEN 'found' ELSE o.state END,
         settled_at = clock_timestamp()
       FROM late_records o WHERE l.edit_id = $1 AND l.review_operation = $2 AND o.edit_id = l.edit_id AND o.record_id = l.record_id
         AND o.state IN ${LEFT_LATE}
       RETURNING l.record_id, l.table_id, l.ordinal, l.cells, l.evidence, l.verdict, o.state AS was`,
      [run.editId, run.operationId],
    );
    // What nobody could tell whose it is was in the base all along, and only now counts as this edit's.
    const claimed = rows.filter((row) => row.was === 'unclear' && row.verdict !== 'notLanded');
    await run.trail.note(
      tx,
      run,
      claimed.map((row) => ({
        ordinal: row.ordinal,
        was: 'intended' as const,
        state: 'landed' as const,
        change: { kind: 'create' as const, tableId: row.table_id, cells: row.cells },
        recordId: row.record_id,
        restoredAs: null,
        found: null,
        evidence: row.evidence,
      })),
    );
    return rows.length;
  });
  // Twice as often as there can be need, lest one that cannot be settled is looked at for ever.
  for (let n = 0; n <= 2 * marked && (await removeLateRecords(run)) > 0; n++);
  await run.db.tenant(run.workspaceId, (tx) => releaseLateMarks(tx, run.editId, run.operationId));
}

/** Lets go of the late records that an operation had marked. */
export async function releaseLateMarks(tx: Tx, editId: string, operationId: string): Promise<void> {
  await tx.query(
    'UPDATE late_records SET review_operation = NULL WHERE edit_id = $1 AND review_operation = $2',
    [editId, operationId],
  );
}
