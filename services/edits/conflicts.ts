import { createHash } from 'node:crypto';
import { z } from 'zod';
import { Cells } from '../../contracts/airtable';
import type { Conflict, ConflictDecision } from '../../contracts/conflicts';
import { cellsEqual } from '../cells/cells';
import type { Tx } from '../database/database';
import { canonicalJson } from './canonical';
import { ENTRY_COLUMNS, toEntry, type JournalEntry, type Settlement } from './journal';
import { showCell } from './cell-texts';
import type { Preview } from './preview';
import { settleBatch, type EditRun } from './run';

/** A decision is waited for as long as an approval is. */
const DECIDED_WITHIN_HOURS = 72;

/** A change that met a record which somebody had changed, with what the record held then. */
export interface Aside {
  readonly entry: JournalEntry;
  readonly present: Cells;
  readonly reason: string;
}

/** Names the values that a conflict was met with: 32 hex digits. */
export function digestCells(present: Cells): string {
  return createHash('sha256').update(canonicalJson(present)).digest('hex').slice(0, 32);
}

/** Puts conflicts aside until somebody decides; in one transaction that also proves the lease. The edit goes on without them. */
export async function putAside(run: EditRun, asides: readonly Aside[]): Promise<void> {
  if (asides.length === 0) return;
  const rows = asides.map(({ entry, present }) => ({
    ordinal: entry.ordinal,
    present,
    digest: digestCells(present),
  }));
  const settled = asides.map(({ entry, reason }): Settlement => ({
    ordinal: entry.ordinal,
    state: 'conflict',
    reason,
  }));
  await settleBatch(run, settled, settled.length, async (tx) => {
    await tx.query(
      `INSERT INTO edit_conflicts AS c (workspace_id, edit_id, ordinal, present, digest, expires_at)
       SELECT $1, $2, r.ordinal, r.present, r.digest, clock_timestamp() + make_interval(hours => $4)
       FROM jsonb_to_recordset($3::jsonb) AS r(ordinal int, present jsonb, digest text)
       ON CONFLICT (workspace_id, edit_id, ordinal) DO UPDATE SET present = excluded.present, digest = excluded.digest,
         decision = NULL, decided_by = NULL, decided_at = NULL, asked_at = clock_timestamp(), expires_at = excluded.expires_at`,
      [run.workspaceId, run.editId, JSON.stringify(rows), DECIDED_WITHIN_HOURS],
    );
  });
}

/** What records held when somebody decided to overwrite them, by ordinal: an overwrite is bound to it. */
export async function readOverwrites(
  tx: Tx,
  editId: string,
  ordinals: readonly number[],
): Promise<Map<number, Cells>> {
  const { rows } = await tx.query<{ ordinal: number; present: Cells }>(
    `SELECT ordinal, present FROM edit_conflicts WHERE edit_id = $1 AND ordinal = ANY($2) AND decision = 'overwrite'`,
    [editId, ordinals],
  );
  return new Map(rows.map((row) => [row.ordinal, row.present]));
}

/** How many conflicts of an edit wait for a decision, and for how long (ms) at most; undefined when none does. */
export async function readWaiting(
  tx: Tx,
  editId: string,
): Promise<{ readonly count: number; readonly waitMs: number } | undefined> {
  const { rows } = await tx.query<{ n: number; ms: number }>(
    `SELECT count(*)::int AS n, coalesce(extract(epoch FROM min(expires_at) - clock_timestamp()) * 1000, 0)::float8 AS ms
     FROM edit_conflicts WHERE edit_id = $1 AND decision IS NULL`,
    [editId],
  );
  const { n = 0, ms = 0 } = rows[0] ?? {};
  return n === 0 ? undefined : { count: n, waitMs: Math.max(0, Math.ceil(ms)) };
}

const ConflictRow = z.object({
  present: Cells,
  digest: z.string(),
  decision: z.enum(['overwrite', 'skip']).nullable(),
  decided_by: z.string().nullable(),
  decided_at: z.date().nullable(),
  asked_at: z.date(),
  expires_at: z.date(),
});

/** Conflicts of an edit in order, from after an ordinal: those that wait, or all there were. */
export async function listConflicts(
  tx: Tx,
  edit: { readonly id: string; readonly tables: Preview['tables'] },
  query: { readonly after: number; readonly limit: number; readonly open: boolean },
): Promise<Conflict[]> {
  const columns = ENTRY_COLUMNS.split(', ').map((name) => `e.${name}`);
  const { rows } = await tx.query<Parameters<typeof toEntry>[0] & Record<string, unknown>>(
    `SELECT ${columns.join(', ')}, c.present, c.digest, c.decision, c.decided_by, c.decided_at, c.asked_at, c.expires_at
     FROM edit_conflicts c JOIN edit_changes e USING (workspace_id, edit_id, ordinal)
     WHERE c.edit_id = $1 AND c.ordinal > $2 AND (NOT $3 OR c.decision IS NULL) ORDER BY c.ordinal LIMIT $4`,
    [edit.id, query.after, query.open, query.limit],
  );
  return rows.map((row) => viewConflict(toEntry(row), ConflictRow.parse(row), edit.tables));
}

function viewConflict(
  entry: JournalEntry,
  row: z.infer<typeof ConflictRow>,
  tables: Preview['tables'],
): Conflict {
  const { change } = entry;
  const table = tables.find((t) => t.id === change.tableId);
  const decision: ConflictDecision | null = row.decision;
  return {
    ordinal: entry.ordinal,
    kind: change.kind === 'delete' ? 'delete' : 'update',
    tableId: change.tableId,
    tableName: table?.name ?? change.tableId,
    recordId: entry.recordId,
    label: entry.label,
    cells: threeValues(change, row.present, table),
    now: row.digest,
    decision,
    decidedBy: row.decided_by,
    decidedAt: row.decided_at?.toISOString() ?? null,
    askedAt: row.asked_at.toISOString(),
    expiresAt: row.expires_at.toISOString(),
  };
}

function threeValues(
  change: JournalEntry['change'],
  present: Cells,
  table: Preview['tables'][number] | undefined,
): Conflict['cells'] {
  const known = new Map(table?.fields.map((field) => [field.id, field]));
  const planned =
    change.kind === 'update'
      ? change.cells
      : Object.fromEntries(
          Object.keys({ ...present, ...(change.kind === 'delete' ? change.before : {}) }).map((id) => [
            id,
            { before: change.kind === 'delete' ? (change.before[id] ?? null) : null, after: null },
          ]),
        );
  return Object.entries(planned).map(([fieldId, { before, after }]) => {
    const field = known.get(fieldId) ?? { id: fieldId, name: fieldId, type: 'singleLineText' };
    const now = present[fieldId] ?? null;
    return {
      fieldId,
      fieldName: field.name,
      changed: !cellsEqual(field, now, before) && !cellsEqual(field, now, after),
      before,
      ours: after,
      now,
      beforeText: showCell(field, before),
      oursText: showCell(field, after),
      nowText: showCell(field, now),
    };
  });
}
