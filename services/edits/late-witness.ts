import type { Cells } from '../../contracts/airtable';
import type { EditState } from '../../contracts/edits';
import type { ChangeTrail } from '../audit/change-trail';
import type { Tx } from '../database/database';
import { includesCells, readOwnUsers } from '../witness/attribution';
import type { WatchRef } from '../witness/watch-rows';
import { equalCells, fieldsOf, type FieldsById } from './cell-comparison';
import { moveEdit } from './edit-rows';
import { readClaimed, readOrdinals, type JournalEntry } from './journal';
import { createsRecords, readLost } from './late-requests';
import { Preview } from './preview';

/** The states of an edit that has ended and may be looked at by a person after all. */
const ENDED: readonly EditState[] = ['rolled_back', 'applied', 'needs_review'];
/** Where a write that was sent should not be in the base. */
const NOT_THERE: ReadonlySet<JournalEntry['state']> = new Set(['undone', 'pending', 'conflict', 'failed']);
const REASON = 'its request had got no answer and landed after the edit had ended, as the base told';

interface EndedEdit {
  readonly id: string;
  readonly state: EditState;
  readonly fields: FieldsById;
  readonly endedAt: Date;
}

/**
 * Landings that the stream of a watched base shows after an edit had looked for them the last time: a change of an edit that
 * was rolled back is unclear again, a record beside those of the journal is named, and the edit needs review. Nothing is
 * written to the base here: what others have built on it meanwhile is for a person to judge. Says how many it found; a
 * landing counts once, however often the stream is looked at.
 */
export async function reopenLateLandings(
  tx: Tx,
  trail: ChangeTrail,
  ref: WatchRef,
  tokenUser: string | null,
): Promise<number> {
  const edits = await readEnded(tx, ref);
  if (edits.length === 0) return 0;
  const users = [...(await readOwnUsers(tx, tokenUser))];
  let landings = 0;
  for (const edit of edits) {
    const found =
      (await reopenChanges(tx, trail, ref, edit, users)) + (await nameRecords(tx, trail, ref, edit, users));
    landings += found;
    if (found === 0) continue;
    await moveEdit(tx, edit.id, ['rolled_back', 'applied'], 'needs_review', REASON);
    await tx.query(
      `INSERT INTO audit (workspace_id, actor, action, subject, details) VALUES ($1, 'witness', 'edit.reopened', $2, $3)`,
      [ref.workspaceId, edit.id, JSON.stringify({ landings: found, was: edit.state })],
    );
  }
  return landings;
}

/** Edits of the base that have ended with requests that may still land. */
async function readEnded(tx: Tx, ref: WatchRef): Promise<EndedEdit[]> {
  const { rows } = await tx.query<{ id: string; state: EditState; preview: unknown; ended_at: Date }>(
    `SELECT e.id, e.state, e.preview, coalesce(s.settled_at, s.until) AS ended_at
     FROM edits e JOIN edit_settling s ON s.workspace_id = e.workspace_id AND s.edit_id = e.id
     WHERE e.workspace_id = $1 AND e.base_id = $2 AND e.state = ANY($3) AND e.preview IS NOT NULL AND e.id IN
       (SELECT edit_id FROM lost_requests WHERE workspace_id = $1 AND state = 'open' AND lost_at > now() - interval '30 days')`,
    [ref.workspaceId, ref.baseId, ENDED],
  );
  return rows.map(({ id, state, preview, ended_at: endedAt }) => ({
    id,
    state,
    endedAt,
    fields: fieldsOf(Preview.parse(preview)),
  }));
}

async function reopenChanges(
  tx: Tx,
  trail: ChangeTrail,
  ref: WatchRef,
  edit: EndedEdit,
  users: readonly string[],
): Promise<number> {
  if (edit.state === 'applied') return 0;
  const sent = (await readLost(tx, edit.id)).filter(({ phase }) => phase === 'apply');
  const entries = await readOrdinals(tx, edit.id, [...new Set(sent.flatMap(({ ordinals }) => ordinals))]);
  const late: JournalEntry[] = [];
  for (const entry of entries) {
    if (!NOT_THERE.has(entry.state) || entry.recordId === null) continue;
    if (await hasLanded(tx, ref, edit, users, entry)) late.push(entry);
  }
  if (late.length === 0) return 0;
  await tx.query(
    `UPDATE edit_changes SET state = 'undo_unknown', reason = $3, evidence = 'witness', settled_at = clock_timestamp()
     WHERE edit_id = $1 AND ordinal = ANY($2)`,
    [edit.id, late.map(({ ordinal }) => ordinal), REASON],
  );
  const settled = late.map(({ state, ...entry }) => ({
    ...entry,
    was: state,
    state: 'undo_unknown' as const,
    evidence: 'witness',
  }));
  await trail.note(tx, { workspaceId: ref.workspaceId, editId: edit.id }, settled);
  return late.length;
}

/** Whether the last that the stream has of the record is what the entry writes, done by us after the edit's end. */
async function hasLanded(
  tx: Tx,
  ref: WatchRef,
  edit: EndedEdit,
  users: readonly string[],
  { change, recordId, found }: JournalEntry,
): Promise<boolean> {
  if (change.kind !== 'update' && change.kind !== 'delete') return false;
  const fieldIds = change.kind === 'update' ? Object.keys(change.cells) : [];
  const { rows } = await tx.query<{ kind: string; after: Cells | null; ours: boolean | null }>(
    `SELECT kind, after, at > $6 AND source = 'publicApi' AND actor ->> 'id' = ANY($7) AS ours
     FROM base_changes WHERE workspace_id = $1 AND connection_id = $2 AND base_id = $3 AND record_id = $4
       AND (kind = 'deleted' OR (kind = 'updated' AND after ?| $5)) ORDER BY seq DESC LIMIT 1`,
    [ref.workspaceId, ref.connectionId, ref.baseId, recordId, fieldIds, edit.endedAt, users],
  );
  const [last] = rows;
  if (!last?.ours) return false;
  if (change.kind === 'delete') return last.kind === 'deleted';
  return Object.entries(change.cells).some(([id, cell]) => {
    if (last.after === null || !(id in last.after)) return false;
    const image = found && id in found ? found[id] : cell.before;
    return (
      equalCells(edit.fields, id, last.after[id], cell.after) &&
      !equalCells(edit.fields, id, last.after[id], image)
    );
  });
}

/** Records that a request without an answer created, and that no journal accounts for. */
async function nameRecords(
  tx: Tx,
  trail: ChangeTrail,
  ref: WatchRef,
  edit: EndedEdit,
  users: readonly string[],
): Promise<number> {
  const lost = (await readLost(tx, edit.id)).filter(createsRecords);
  let named = 0;
  for (const request of lost) {
    // Told before its answer, a record of an edit that runs looks like nobody's: the next look knows.
    const running = await tx.query(
      `SELECT 1 FROM edit_changes WHERE table_id = $1 AND state IN ('intended', 'undo_intended') LIMIT 1`,
      [request.tableId],
    );
    if (running.rowCount) continue;
    const { rows } = await tx.query<{ record_id: string; after: Cells | null }>(
      `SELECT record_id, after FROM base_changes WHERE workspace_id = $1 AND connection_id = $2 AND base_id = $3
         AND kind = 'created' AND table_id = $4 AND at > $5 AND edit_id IS NULL AND source = 'publicApi' AND actor ->> 'id' = ANY($6)
       ORDER BY seq LIMIT 1000`,
      [ref.workspaceId, ref.connectionId, ref.baseId, request.tableId, edit.endedAt, users],
    );
    const claimed = await readClaimed(
      tx,
      rows.map((row) => row.record_id),
    );
    const entries = await readOrdinals(tx, edit.id, request.ordinals);
    for (const { record_id: recordId, after } of rows) {
      if (claimed.has(recordId)) continue;
      const entry = entries.find((e) => includesCells(edit.fields, after ?? {}, cellsOf(e)));
      if (!entry) continue;
      claimed.add(recordId);
      const { rowCount } = await tx.query(
        `INSERT INTO late_records (workspace_id, edit_id, record_id, ordinal, table_id, cells, evidence, reason, state, settled_at)
         VALUES ($1, $2, $3, $4, $5, $6, 'witness', $7, 'changed', clock_timestamp()) ON CONFLICT DO NOTHING`,
        [
          ref.workspaceId,
          edit.id,
          recordId,
          entry.ordinal,
          request.tableId,
          JSON.stringify(after ?? {}),
          REASON,
        ],
      );
      if (!rowCount) continue;
      named++;
      const change = { kind: 'create' as const, tableId: request.tableId, cells: after ?? {} };
      const created = { ordinal: entry.ordinal, change, recordId, restoredAs: null, found: null };
      await trail.note(tx, { workspaceId: ref.workspaceId, editId: edit.id }, [
        { ...created, was: 'intended', state: 'landed', evidence: 'witness' },
      ]);
    }
  }
  return named;
}

function cellsOf({ change, found }: JournalEntry): Cells {
  if (change.kind === 'create') return change.cells;
  return change.kind === 'delete' ? (found ?? change.before) : {};
}
