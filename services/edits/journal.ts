import type { Cells } from '../../contracts/airtable';
import { Change } from '../../contracts/changes';
import type { ChangeState, Evidence } from '../../contracts/edits';
import type { Database, Tx } from '../database/database';
import type { SettledChange } from '../audit/change-trail';
import type { DraftedChange } from './draft';
import { holding, holdLease, isHeld, type Lease } from './leases';
import { followMadeIds } from './new-ids';

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
  readonly evidence: Evidence | null;
  /** The field that carries the marker of the record which it creates, once one was sent. */
  readonly markerField: string | null;
  /**
   * Since when its record can have been created or changed: for a deletion it is its undo that creates one. Null where
   * nothing was sent, or certainly nothing came of it.
   */
  readonly firstSentAt: Date | null;
  /** Real ids of the table or fields that it made, by what stands for them. */
  readonly made?: Readonly<Record<string, string>> | null | undefined;
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
  evidence?: Evidence | null;
  marker_field?: string | null;
  first_sent_at?: Date | null;
  made?: Record<string, string> | null;
}

interface SettledRow extends Pick<
  Row,
  'ordinal' | 'state' | 'change' | 'record_id' | 'restored_as' | 'found'
> {
  readonly was: ChangeState;
  readonly evidence: Evidence | null;
  [column: string]: unknown;
}

/** What `toEntry` reads. */
export const ENTRY_COLUMNS =
  'ordinal, change, record_id, label, state, reason, found, batch, sent_at, restored_as, evidence, marker_field, first_sent_at, made';
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
    evidence: row.evidence ?? null,
    markerField: row.marker_field ?? null,
    firstSentAt: row.first_sent_at ?? null,
    made: row.made ?? null,
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
  /** How this is known. What is left out stays, except where the entry is open again: then nothing is known. */
  readonly evidence?: Evidence;
  /** It is certain that nothing was carried out: the time of sending is forgotten, but not that of an earlier try without an answer. */
  readonly notSent?: true;
  /** It goes on without the marker that it was sent with: the field is not there any more. */
  readonly unmarked?: true;
}

/** Stores changes of a planned change set, from ordinal `first` on: the journal's rows before anything has happened. */
export async function insertChanges(
  tx: Tx,
  workspaceId: string,
  editId: string,
  first: number,
  changes: ReadonlyArray<DraftedChange & { readonly groupKey: string }>,
): Promise<void> {
  for (let i = 0; i < changes.length; i += ROWS_PER_INSERT) {
    const rows = changes.slice(i, i + ROWS_PER_INSERT).map(({ change, label, groupKey }, n) => ({
      ordinal: first + i + n,
      kind: change.kind,
      table_id: change.tableId,
      record_id: change.kind === 'update' || change.kind === 'delete' ? change.recordId : null,
      label,
      change,
      group_key: groupKey,
    }));
    await tx.query(
      `INSERT INTO edit_changes (workspace_id, edit_id, ordinal, kind, table_id, record_id, label, change, group_key)
       SELECT $1, $2, r.ordinal, r.kind, r.table_id, r.record_id, r.label, r.change, r.group_key
       FROM jsonb_to_recordset($3::jsonb) AS r(ordinal int, kind text, table_id text, record_id text, label text, change jsonb, group_key text)`,
      [workspaceId, editId, JSON.stringify(rows)],
    );
  }
}

/** Entries in the given states, in order of application, or backwards for undoing; of some ordinals where `only` says so. */
export async function readEntries(
  tx: Tx,
  editId: string,
  states: readonly ChangeState[],
  limit: number,
  direction: 'forwards' | 'backwards',
  only: readonly number[] | null = null,
): Promise<JournalEntry[]> {
  const order = direction === 'forwards' ? 'ASC' : 'DESC';
  const { rows } = await tx.query<Row>(
    // State by state: each is then read from its index, and none of what is done with already is gone through.
    `SELECT ${ENTRY_COLUMNS} FROM unnest($2::text[]) AS s(wanted) CROSS JOIN LATERAL (
       SELECT ${ENTRY_COLUMNS} FROM edit_changes
       WHERE edit_id = $1 AND state = s.wanted AND ($4::int[] IS NULL OR ordinal = ANY($4))
       ORDER BY ordinal ${order} LIMIT $3) c
     ORDER BY ordinal ${order} LIMIT $3`,
    [editId, states, limit, only],
  );
  return followMadeIds(tx, editId, rows.map(toEntry));
}

/** Entries of one batch: what one request carries or carried. */
export async function readBatch(tx: Tx, editId: string, batch: string): Promise<JournalEntry[]> {
  const { rows } = await tx.query<Row>(
    `SELECT ${ENTRY_COLUMNS} FROM edit_changes WHERE edit_id = $1 AND batch = $2 ORDER BY ordinal`,
    [editId, batch],
  );
  return followMadeIds(tx, editId, rows.map(toEntry));
}

/** Entries by their numbers, in order. */
export async function readOrdinals(
  tx: Tx,
  editId: string,
  ordinals: readonly number[],
): Promise<JournalEntry[]> {
  const { rows } = await tx.query<Row>(
    `SELECT ${ENTRY_COLUMNS} FROM edit_changes WHERE edit_id = $1 AND ordinal = ANY($2) ORDER BY ordinal`,
    [editId, ordinals],
  );
  return followMadeIds(tx, editId, rows.map(toEntry));
}

/** How many changes are in which state, as the journal's own counts say: what they cost does not grow with the edit. */
export async function countStates(tx: Tx, editId: string): Promise<Partial<Record<ChangeState, number>>> {
  const { rows } = await tx.query<{ state: ChangeState; n: string }>(
    'SELECT state, n FROM edit_counts WHERE edit_id = $1 AND n > 0',
    [editId],
  );
  return Object.fromEntries(rows.map((r) => [r.state, Number(r.n)]));
}

/** What of an edit creates records of a table without markers, was sent, and has no known end. */
export async function readOpenCreations(tx: Tx, editId: string, tableId: string): Promise<JournalEntry[]> {
  const { rows } = await tx.query<Row>(
    `SELECT ${ENTRY_COLUMNS} FROM edit_changes WHERE edit_id = $1 AND table_id = $2 AND marker_field IS NULL
       AND ((kind = 'create' AND state = 'intended') OR (kind = 'delete' AND state = 'undo_intended'))
     ORDER BY ordinal LIMIT 100`,
    [editId, tableId],
  );
  return rows.map(toEntry);
}

/** Settled entries by how it is known what became of them. */
export async function countEvidence(tx: Tx, editId: string): Promise<Partial<Record<Evidence, number>>> {
  const { rows } = await tx.query<{ evidence: Evidence; n: string }>(
    'SELECT evidence, count(*) AS n FROM edit_changes WHERE edit_id = $1 AND evidence IS NOT NULL GROUP BY evidence',
    [editId],
  );
  return Object.fromEntries(rows.map((r) => [r.evidence, Number(r.n)]));
}

/** Records of a base that journals of this workspace already account for, so that a read-back does not claim them twice. */
export async function readClaimed(tx: Tx, recordIds: readonly string[]): Promise<Set<string>> {
  const { rows } = await tx.query<{ id: string }>(
    `SELECT record_id AS id FROM edit_changes WHERE kind = 'create' AND record_id = ANY($1)
     UNION SELECT restored_as FROM edit_changes WHERE restored_as = ANY($1)
     UNION SELECT record_id FROM late_records WHERE record_id = ANY($1) AND state NOT IN ('unclear', 'foreign')`,
    [recordIds],
  );
  return new Set(rows.map((r) => r.id));
}

/**
 * Writes down what is about to be sent, and commits it while the lease is provably ours. Nothing is sent that is
 * not in the journal. `found` is what the base holds now: what an undo goes back to. `markerField` is where the record that
 * an entry creates carries its marker.
 */
export function intend(
  db: Database,
  lease: Lease,
  editId: string,
  batch: string,
  state: 'intended' | 'undo_intended',
  entries: ReadonlyArray<{ ordinal: number; found?: Cells; markerField?: string }>,
): Promise<void> {
  return db.tenant(lease.workspaceId, async (tx) => {
    const held = holdLease(tx, lease);
    const marked = tx.query(
      `UPDATE edit_changes c SET state = $4, batch = $3, attempts = c.attempts + 1, sent_at = statement_timestamp(), found = coalesce(r.found, c.found),
         evidence = CASE WHEN $4 = 'intended' THEN NULL ELSE c.evidence END,
         marker_field = coalesce(r."markerField", c.marker_field),
         first_sent_at = CASE WHEN (c.kind = 'delete') = ($4 = 'undo_intended') THEN coalesce(c.first_sent_at, statement_timestamp())
           ELSE c.first_sent_at END
       FROM jsonb_to_recordset($5::jsonb) AS r(ordinal int, found jsonb, "markerField" text)
       WHERE c.edit_id = $2 AND c.workspace_id = $1 AND c.ordinal = r.ordinal AND c.ordinal = ANY($6) AND ${isHeld(7)}`,
      [
        lease.workspaceId,
        editId,
        batch,
        state,
        JSON.stringify(entries),
        entries.map(({ ordinal }) => ordinal),
        ...holding(lease),
      ],
    );
    await Promise.all([held, marked]);
  });
}

/**
 * Settles entries in a transaction that also proves the lease: an attempt that lost it settles nothing. Answers what each came
 * from and to.
 */
export async function settle(
  tx: Tx,
  lease: Lease,
  editId: string,
  settlements: readonly Settlement[],
): Promise<SettledChange[]> {
  if (settlements.length === 0) return [];
  const rows = settlements.map((s) => ({
    ordinal: s.ordinal,
    state: s.state,
    reason: s.reason ?? null,
    record_id: s.recordId ?? null,
    restored_as: s.restoredAs ?? null,
    found: s.found ?? null,
    evidence: s.evidence ?? null,
    not_sent: s.notSent ?? false,
    unmarked: s.unmarked ?? false,
  }));
  // Both leave together: other batches of the edit wait for the lease until this commits.
  const held = holdLease(tx, lease);
  const settling = tx.query<SettledRow>(
    `UPDATE edit_changes c SET state = r.state, reason = r.reason, settled_at = clock_timestamp(),
       record_id = coalesce(r.record_id, c.record_id), restored_as = coalesce(r.restored_as, c.restored_as),
       found = coalesce(nullif(r.found, 'null'::jsonb), c.found),
       evidence = CASE WHEN r.state IN ('pending', 'intended') THEN NULL ELSE coalesce(r.evidence, c.evidence) END,
       marker_field = CASE WHEN r.unmarked THEN NULL ELSE c.marker_field END,
       first_sent_at = CASE WHEN r.not_sent AND c.first_sent_at = c.sent_at THEN NULL ELSE c.first_sent_at END,
       sent_at = CASE WHEN r.not_sent THEN (SELECT max(l.sent_at) FROM lost_requests l WHERE l.edit_id = $2 AND c.ordinal = ANY(l.ordinals))
         ELSE c.sent_at END
     FROM edit_changes o, jsonb_to_recordset($3::jsonb) AS r(ordinal int, state text, reason text, record_id text, restored_as text, found jsonb, evidence text, not_sent boolean, unmarked boolean)
     WHERE c.workspace_id = $1 AND c.edit_id = $2 AND c.ordinal = r.ordinal
       AND o.workspace_id = $1 AND o.edit_id = $2 AND o.ordinal = r.ordinal
       AND c.ordinal = ANY($4) AND o.ordinal = ANY($4) AND ${isHeld(5)}
     RETURNING c.ordinal, o.state AS was, c.state, c.change, c.record_id, c.restored_as, c.found, c.evidence`,
    [
      lease.workspaceId,
      editId,
      JSON.stringify(rows),
      settlements.map(({ ordinal }) => ordinal),
      ...holding(lease),
    ],
  );
  const [, settled] = await Promise.all([held, settling]);
  const changes = settled.rows.map((row) => ({
    ordinal: row.ordinal,
    was: row.was,
    state: row.state,
    change: Change.parse(row.change),
    recordId: row.record_id,
    restoredAs: row.restored_as,
    found: row.found,
    evidence: row.evidence,
  }));
  return followMadeIds(tx, editId, changes);
}
