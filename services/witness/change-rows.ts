import { z } from 'zod';
import { Cells } from '../../contracts/airtable';
import { ChangeActor, GapDetail, SchemaDetail, type BaseChange } from '../../contracts/witness';
import { storable } from '../airtable/storable';
import type { Tx } from '../database/database';
import type { SeenChange } from './read-payloads';
import type { WatchRef } from './watch-rows';

/** A change as it is stored. */
export interface StoredChange extends SeenChange {
  readonly seq: number;
  readonly editId: string | null;
}

/** What the journal says of a change: which edit made it, and what that replaced unseen. */
export interface Attribution {
  readonly editId: string;
  readonly overwrote: Cells | null;
}

const Row = z.object({
  seq: z.coerce.number(),
  kind: z.enum(['created', 'updated', 'deleted', 'schema', 'gap']),
  at: z.date(),
  transaction_number: z.coerce.number().nullable(),
  source: z.string().nullable(),
  actor: ChangeActor.nullable(),
  table_id: z.string().nullable(),
  record_id: z.string().nullable(),
  before: Cells.nullable(),
  after: Cells.nullable(),
  detail: z.unknown(),
  edit_id: z.string().nullable(),
});

const COLUMNS =
  'seq, kind, at, transaction_number, source, actor, table_id, record_id, before, after, detail, edit_id';
const ROWS_PER_INSERT = 500;

function toChange(stored: unknown): StoredChange {
  const row = Row.parse(stored);
  const detail = { schema: SchemaDetail, gap: GapDetail };
  return {
    seq: row.seq,
    kind: row.kind,
    transaction: row.transaction_number,
    at: row.at.toISOString(),
    source: row.source,
    actor: row.actor,
    tableId: row.table_id,
    recordId: row.record_id,
    before: row.before,
    after: row.after,
    detail: row.kind === 'schema' || row.kind === 'gap' ? detail[row.kind].parse(row.detail) : null,
    editId: row.edit_id,
  };
}

/** Adds to the stream of a watch, in order. The caller holds the watch's row in this transaction. */
export async function insertChanges(
  tx: Tx,
  ref: WatchRef,
  changes: readonly SeenChange[],
  attributions: ReadonlyMap<SeenChange, Attribution>,
): Promise<void> {
  for (let i = 0; i < changes.length; i += ROWS_PER_INSERT) {
    const rows = changes.slice(i, i + ROWS_PER_INSERT).map((change, n) => {
      const ours = attributions.get(change);
      return { ...change, n, edit_id: ours?.editId ?? null, overwrote: ours?.overwrote ?? null };
    });
    await tx.query(
      `INSERT INTO base_changes (workspace_id, connection_id, base_id, transaction_number, at, source, actor, kind, table_id,
         record_id, before, after, detail, edit_id, overwrote)
       SELECT $1, $2, $3, r.transaction, r.at, r.source, nullif(r.actor, 'null'), r.kind, r."tableId", r."recordId",
         nullif(r.before, 'null'), nullif(r.after, 'null'), nullif(r.detail, 'null'), r.edit_id, nullif(r.overwrote, 'null')
       FROM jsonb_to_recordset($4::jsonb) AS r(n int, transaction bigint, at timestamptz, source text, actor jsonb, kind text,
         "tableId" text, "recordId" text, before jsonb, after jsonb, detail jsonb, edit_id text, overwrote jsonb)
       ORDER BY r.n`,
      [ref.workspaceId, ref.connectionId, ref.baseId, JSON.stringify(storable(rows))],
    );
  }
}

/** Which changes of a stream are wanted. */
export interface ChangeQuery {
  /** From after this number; from the beginning when absent. */
  readonly after?: number | undefined;
  /** Airtable's time of the action, from then on. */
  readonly since?: Date | undefined;
  readonly recordIds?: readonly string[] | undefined;
  readonly limit: number;
}

/** Changes of a stream in their order. */
export async function readChanges(tx: Tx, ref: WatchRef, query: ChangeQuery): Promise<StoredChange[]> {
  const { rows } = await tx.query(
    `SELECT ${COLUMNS} FROM base_changes WHERE workspace_id = $1 AND connection_id = $2 AND base_id = $3 AND seq > $4
       AND ($5::timestamptz IS NULL OR at >= $5) AND ($6::text[] IS NULL OR record_id = ANY($6)) ORDER BY seq LIMIT $7`,
    [
      ref.workspaceId,
      ref.connectionId,
      ref.baseId,
      query.after ?? 0,
      query.since ?? null,
      query.recordIds ?? null,
      query.limit,
    ],
  );
  return rows.map(toChange);
}

const MAX_UNCLAIMED = 5_000;

/** Changes of the last minutes by these users through the API that no edit accounts for yet. */
export async function readUnclaimed(
  tx: Tx,
  ref: WatchRef,
  users: readonly string[],
  minutes: number,
): Promise<StoredChange[]> {
  const { rows } = await tx.query(
    `SELECT ${COLUMNS} FROM base_changes WHERE workspace_id = $1 AND connection_id = $2 AND base_id = $3
       AND seen_at > now() - make_interval(mins => $4) AND edit_id IS NULL AND source = 'publicApi'
       AND actor ->> 'id' = ANY($5) ORDER BY seq DESC LIMIT $6`,
    [ref.workspaceId, ref.connectionId, ref.baseId, minutes, users, MAX_UNCLAIMED],
  );
  return rows.map(toChange);
}

const MAX_GAPS = 100;

/** The latest gaps of a stream, oldest first; those that reach beyond `since` where given. */
export async function readGaps(tx: Tx, ref: WatchRef, since?: Date): Promise<GapDetail[]> {
  const { rows } = await tx.query<{ detail: unknown }>(
    `SELECT detail FROM base_changes WHERE workspace_id = $1 AND connection_id = $2 AND base_id = $3 AND kind = 'gap'
       AND ($4::timestamptz IS NULL OR at >= $4) ORDER BY seq DESC LIMIT $5`,
    [ref.workspaceId, ref.connectionId, ref.baseId, since ?? null, MAX_GAPS],
  );
  return rows.map(({ detail }) => GapDetail.parse(detail)).reverse();
}

/** When the stream of a base last told something or was asked in vain, of a watch that is gone; undefined for none. */
export async function readLastSeen(tx: Tx, ref: WatchRef): Promise<Date | undefined> {
  const { rows } = await tx.query<{ at: Date | null }>(
    `SELECT at FROM base_changes WHERE workspace_id = $1 AND connection_id = $2 AND base_id = $3 ORDER BY seq DESC LIMIT 1`,
    [ref.workspaceId, ref.connectionId, ref.baseId],
  );
  return rows[0]?.at ?? undefined;
}

/** Removes what is older than 30 days, of all workspaces, some thousand rows at a time. Runs in a system transaction. */
export async function pruneChanges(tx: Tx, rows = 5_000): Promise<number> {
  const { rowCount } = await tx.query(
    `DELETE FROM base_changes WHERE (workspace_id, seq) IN
       (SELECT workspace_id, seq FROM base_changes WHERE seen_at < now() - interval '30 days' ORDER BY seen_at LIMIT $1)`,
    [rows],
  );
  return rowCount ?? 0;
}

/** A change as people and programs see it. */
export function viewChange(change: StoredChange): BaseChange {
  const { kind, detail } = change;
  return {
    seq: change.seq,
    kind,
    at: change.at,
    transaction: change.transaction,
    source: change.source,
    actor: change.actor,
    tableId: change.tableId,
    recordId: change.recordId,
    before: change.before,
    after: change.after,
    schema: kind === 'schema' ? SchemaDetail.parse(detail) : null,
    gap: kind === 'gap' ? GapDetail.parse(detail) : null,
    editId: change.editId,
  };
}
