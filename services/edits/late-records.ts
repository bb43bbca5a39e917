import type { AirtableRecord, Cells } from '../../contracts/airtable';
import { MAX_RECORDS_PER_WRITE } from '../../contracts/airtable';
import type { ChangeState } from '../../contracts/edits';
import type { SettledChange } from '../audit/change-trail';
import type { Tx } from '../database/database';
import { differingFields, nameFields } from './cell-comparison';
import { holdLease } from './leases';
import { presentCells } from './present';
import { readRecords } from './read-records';
import { isRefusal, sendWrite, type EditRun } from './run';

/** A record that a late request created. */
export interface LateRecord {
  readonly recordId: string;
  readonly ordinal: number;
  readonly tableId: string;
  readonly cells: Cells;
  readonly evidence: string | null;
  readonly reason: string;
  /** Whether it is ours for certain; else it is only named to a person. */
  readonly ours: boolean;
}

interface OpenRow {
  readonly record_id: string;
  readonly table_id: string;
  readonly cells: Cells;
}

/** A late record with the state that its part of the trail comes from and goes to; null where that tells nothing. */
interface LateRow extends Record<string, unknown> {
  readonly was: ChangeState;
  readonly now: ChangeState | null;
  readonly record_id: string;
  readonly table_id: string;
  readonly ordinal: number;
  readonly cells: Cells;
  readonly evidence: string | null;
}

/** Writes down what a sweep found. What an earlier sweep could not tell is told anew, so it goes first. */
export function noteLateRecords(run: EditRun, found: readonly LateRecord[]): Promise<void> {
  return run.db.tenant(run.workspaceId, async (tx) => {
    await holdLease(tx, run.lease);
    await tx.query(`DELETE FROM late_records WHERE edit_id = $1 AND state = 'unclear'`, [run.editId]);
    const { rows } = await tx.query<LateRow>(
      `INSERT INTO late_records (workspace_id, edit_id, record_id, ordinal, table_id, cells, evidence, reason, state)
       SELECT $1, $2, r."recordId", r.ordinal, r."tableId", r.cells, r.evidence, r.reason, CASE WHEN r.ours THEN 'found' ELSE 'unclear' END
       FROM jsonb_to_recordset($3::jsonb) AS r("recordId" text, ordinal int, "tableId" text, cells jsonb, evidence text, reason text, ours boolean)
       ON CONFLICT DO NOTHING RETURNING 'intended' AS was, CASE state WHEN 'found' THEN 'landed' END AS now, record_id, table_id, ordinal, cells, evidence`,
      [run.workspaceId, run.editId, JSON.stringify(found)],
    );
    await run.trail.note(tx, run, rows.flatMap(toSettled));
  });
}

/** Records that are left for a person. */
export async function countLeftLate(tx: Tx, editId: string): Promise<number> {
  const { rows } = await tx.query<{ n: number }>(
    `SELECT count(*)::int AS n FROM late_records WHERE edit_id = $1 AND state IN ('changed', 'unclear', 'found', 'undo_intended')`,
    [editId],
  );
  return rows[0]?.n ?? 0;
}

/**
 * Deletes the next records that came late and are still as they came, ten at a time; one that somebody changed stays and is
 * left for a person. Written down before it is sent, as every write. Returns how many were dealt with; 0 when none is left.
 * Throws what the calls throw.
 */
export async function removeLateRecords(run: EditRun): Promise<number> {
  const { rows } = await run.db.tenant(run.workspaceId, (tx) =>
    tx.query<OpenRow & Record<string, unknown>>(
      `SELECT record_id, table_id, cells FROM late_records WHERE edit_id = $1 AND state IN ('found', 'undo_intended')
       ORDER BY table_id, found_at, record_id LIMIT $2`,
      [run.editId, MAX_RECORDS_PER_WRITE],
    ),
  );
  const tableId = rows[0]?.table_id ?? '';
  const open = rows.filter((row) => row.table_id === tableId);
  if (open.length === 0) return 0;
  const present = await readNow(run, tableId, open);
  const untouched: string[] = [];
  for (const row of open) {
    const record = present.get(row.record_id);
    const foreign = record ? foreignTo(run, row, record) : [];
    if (!record) await settleRecords(run, [row.record_id], 'undone', 'is gone already');
    else if (foreign.length)
      await settleRecords(
        run,
        [row.record_id],
        'changed',
        `came late, and somebody changed it since, so it stays: ${nameFields(run.fields, foreign)}`,
      );
    else untouched.push(row.record_id);
  }
  if (untouched.length) await deleteLate(run, tableId, untouched, open);
  return open.length;
}

async function deleteLate(
  run: EditRun,
  tableId: string,
  ids: readonly string[],
  open: readonly OpenRow[],
): Promise<void> {
  await settleRecords(run, ids, 'undo_intended', null);
  const end = await sendWrite(run, (options) => run.client.deleteRecords(run.baseId, tableId, ids, options));
  if (end.end === 'landed') return settleRecords(run, ids, 'undone', 'came late and was deleted again');
  if (end.end !== 'refused' || !isRefusal(end.error)) throw end.error;
  // One that went away meanwhile makes the whole request fail: the next look finds it gone.
  if ((await readNow(run, tableId, open)).size < open.length) return;
  const reason = `came late, and its deletion was refused: ${end.error instanceof Error ? end.error.message : String(end.error)}`;
  await settleRecords(run, ids, 'changed', reason);
}

async function readNow(
  run: EditRun,
  tableId: string,
  open: readonly OpenRow[],
): Promise<Map<string, AirtableRecord>> {
  const ids = open.map(({ record_id }) => record_id);
  const present = new Map<string, AirtableRecord>();
  for await (const record of readRecords(run.client, run.baseId, tableId, ids, run.signal))
    present.set(record.id, record);
  return present;
}

function foreignTo(run: EditRun, row: OpenRow, record: AirtableRecord): string[] {
  const present = presentCells(run, row.table_id, record);
  const expected = { ...Object.fromEntries(Object.keys(present).map((id) => [id, null])), ...row.cells };
  return differingFields(run.fields, expected, record);
}

function settleRecords(
  run: EditRun,
  ids: readonly string[],
  state: 'undo_intended' | 'undone' | 'changed',
  reason: string | null,
): Promise<void> {
  return run.db.tenant(run.workspaceId, async (tx) => {
    await holdLease(tx, run.lease);
    // One that somebody else deleted was not taken back by us.
    const { rows } = await tx.query<LateRow>(
      `UPDATE late_records l SET state = $3, reason = coalesce($4, l.reason), settled_at = clock_timestamp()
       FROM late_records o WHERE l.edit_id = $1 AND l.record_id = ANY($2) AND o.edit_id = $1 AND o.record_id = l.record_id
       RETURNING 'undo_intended' AS was, CASE WHEN $3 = 'changed' THEN 'undo_conflict' WHEN $3 = 'undone' AND o.state = 'undo_intended' THEN 'undone' END AS now,
         l.record_id, l.table_id, l.ordinal, l.cells, l.evidence`,
      [run.editId, ids, state, reason],
    );
    await run.trail.note(tx, run, rows.flatMap(toSettled));
  });
}

/** A late record as the trail takes it: a creation of its own; none where nothing came of it. */
function toSettled({ was, now, ...row }: LateRow): SettledChange[] {
  if (now === null) return [];
  const { ordinal, record_id: recordId, table_id: tableId, cells, evidence } = row;
  const change = { kind: 'create' as const, tableId, cells };
  return [{ ordinal, was, state: now, change, recordId, restoredAs: null, found: null, evidence }];
}
