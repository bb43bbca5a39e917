import type { Cells } from '../../contracts/airtable';
import { Change } from '../../contracts/changes';
import type { ChangeState } from '../../contracts/edits';
import type { Database, Tx } from '../database/database';
import type { DraftedChange } from './draft';
import { holdLease, type Lease } from './leases';

/** One change of a change set with what became of it. */
export interface JournalEntry {
  readonly ordinal: number;
  readonly change: Change;
  readonly recordId: string | null;
  readonly label: string | null;
  readonly state: ChangeState;
  readonly reason: string | null;
  readonly found: Cells | null;
  readonly batch: string | null;
  readonly sentAt: Date | null;
  readonly restoredAs: string | null;
}

interface Row {
  ordinal: number;
  change: unknown;
  record_id: string | null;
  label: string | null;
  state: ChangeState;
  reason: string | null;
  found: Cells | null;
  batch: string | null;
  sent_at: Date | null;
  restored_as: string | null;
}

const COLUMNS = 'ordinal, change, record_id, label, state, reason, found, batch, sent_at, restored_as';
const ROWS_PER_INSERT = 1_000;

export function toEntry(row: Row): JournalEntry {
  return {
    ordinal: row.ordinal,
    change: Change.parse(row.change),
    recordId: row.record_id,
    label: row.label,
    state: row.state,
    reason: row.reason,
    found: row.found,
    batch: row.batch,
    sentAt: row.sent_at,
    restoredAs: row.restored_as,
  };
}

/** What a settled entry is set to; what is left out stays. */
export interface Settlement {
  readonly ordinal: number;
  readonly state: ChangeState;
  readonly reason?: string | null;
  readonly recordId?: string;
  readonly restoredAs?: string;
  readonly found?: Cells;
  /** It is certain that nothing was carried out: the time of sending is forgotten. */
  readonly notSent?: true;
}

/** Stores a planned change set: the journal's rows before anything has happened. */
export async function insertChanges(
  tx: Tx,
  workspaceId: string,
  editId: string,
  drafted: readonly DraftedChange[],
  groupKeys: readonly string[],
): Promise<void> {
  for (let i = 0; i < drafted.length; i += ROWS_PER_INSERT) {
    const rows = drafted.slice(i, i + ROWS_PER_INSERT).map(({ change, label }, n) => ({
      ordinal: i + n,
      kind: change.kind,
      table_id: change.tableId,
      record_id: change.kind === 'update' || change.kind === 'delete' ? change.recordId : null,
      label,
      change,
      group_key: groupKeys[i + n] ?? '',
    }));
    await tx.query(
      `INSERT INTO edit_changes (workspace_id, edit_id, ordinal, kind, table_id, record_id, label, change, group_key)
       SELECT $1, $2, r.ordinal, r.kind, r.table_id, r.record_id, r.label, r.change, r.group_key
       FROM jsonb_to_recordset($3::jsonb) AS r(ordinal int, kind text, table_id text, record_id text, label text, change jsonb, group_key text)`,
      [workspaceId, editId, JSON.stringify(rows)],
    );
  }
}

/** Entries in the given states, in order of application, or backwards for undoing. */
export async function readEntries(
  tx: Tx,
  editId: string,
  states: readonly ChangeState[],
  limit: number,
  direction: 'forwards' | 'backwards',
): Promise<JournalEntry[]> {
  const { rows } = await tx.query<Row>(
    `SELECT ${COLUMNS} FROM edit_changes WHERE edit_id = $1 AND state = ANY($2)
     ORDER BY ordinal ${direction === 'forwards' ? 'ASC' : 'DESC'} LIMIT $3`,
    [editId, states, limit],
  );
  return rows.map(toEntry);
}

/** Entries of one batch: what one request carries or carried. */
export async function readBatch(tx: Tx, editId: string, batch: string): Promise<JournalEntry[]> {
  const { rows } = await tx.query<Row>(
    `SELECT ${COLUMNS} FROM edit_changes WHERE edit_id = $1 AND batch = $2 ORDER BY ordinal`,
    [editId, batch],
  );
  return rows.map(toEntry);
}

export async function countStates(tx: Tx, editId: string): Promise<Partial<Record<ChangeState, number>>> {
  const { rows } = await tx.query<{ state: ChangeState; n: string }>(
    'SELECT state, count(*) AS n FROM edit_changes WHERE edit_id = $1 GROUP BY state',
    [editId],
  );
  return Object.fromEntries(rows.map((r) => [r.state, Number(r.n)]));
}

/** Records of a base that journals of this workspace already account for, so that a read-back does not claim them twice. */
export async function readClaimed(tx: Tx, recordIds: readonly string[]): Promise<Set<string>> {
  const { rows } = await tx.query<{ id: string }>(
    `SELECT record_id AS id FROM edit_changes WHERE kind = 'create' AND record_id = ANY($1)
     UNION SELECT restored_as FROM edit_changes WHERE restored_as = ANY($1)`,
    [recordIds],
  );
  return new Set(rows.map((r) => r.id));
}

/**
 * Writes down what is about to be sent, and commits it while the lease is provably ours. Nothing is sent that is
 * not in the journal. `found` is what the base holds now: what an undo goes back to.
 */
export function intend(
  db: Database,
  lease: Lease,
  editId: string,
  batch: string,
  state: 'intended' | 'undo_intended',
  entries: ReadonlyArray<{ ordinal: number; found?: Cells }>,
): Promise<void> {
  return db.tenant(lease.workspaceId, async (tx) => {
    await holdLease(tx, lease);
    await tx.query(
      `UPDATE edit_changes c SET state = $4, batch = $3, sent_at = clock_timestamp(), found = coalesce(r.found, c.found)
       FROM jsonb_to_recordset($5::jsonb) AS r(ordinal int, found jsonb)
       WHERE c.edit_id = $2 AND c.workspace_id = $1 AND c.ordinal = r.ordinal`,
      [lease.workspaceId, editId, batch, state, JSON.stringify(entries)],
    );
  });
}

/** Settles entries in a transaction that also proves the lease: an attempt that lost it settles nothing. */
export async function settle(
  tx: Tx,
  lease: Lease,
  editId: string,
  settlements: readonly Settlement[],
): Promise<void> {
  if (settlements.length === 0) return;
  await holdLease(tx, lease);
  const rows = settlements.map((s) => ({
    ordinal: s.ordinal,
    state: s.state,
    reason: s.reason ?? null,
    record_id: s.recordId ?? null,
    restored_as: s.restoredAs ?? null,
    found: s.found ?? null,
    not_sent: s.notSent ?? false,
  }));
  await tx.query(
    `UPDATE edit_changes c SET state = r.state, reason = r.reason, settled_at = clock_timestamp(),
       record_id = coalesce(r.record_id, c.record_id), restored_as = coalesce(r.restored_as, c.restored_as),
       found = coalesce(nullif(r.found, 'null'::jsonb), c.found),
       sent_at = CASE WHEN r.not_sent THEN NULL ELSE c.sent_at END
     FROM jsonb_to_recordset($3::jsonb) AS r(ordinal int, state text, reason text, record_id text, restored_as text, found jsonb, not_sent boolean)
     WHERE c.workspace_id = $1 AND c.edit_id = $2 AND c.ordinal = r.ordinal`,
    [lease.workspaceId, editId, JSON.stringify(rows)],
  );
}
