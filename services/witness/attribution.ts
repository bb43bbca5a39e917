import type { Cells } from '../../contracts/airtable';
import type { UpdateChange } from '../../contracts/changes';
import { equalCells, fieldsOf, type FieldsById } from '../edits/cell-comparison';
import { toEntry, type JournalEntry } from '../edits/journal';
import { withoutLater } from '../edits/restored-links';
import { Preview } from '../edits/preview';
import type { Tx } from '../database/database';
import type { Attribution } from './change-rows';
import type { SeenChange } from './read-payloads';
import type { WatchRef } from './watch-rows';

/** Clocks of two machines differ: an action may seem to be this much earlier than its approval. */
const CLOCK_SKEW_MS = 120_000;
/** A request that nobody waits for any more may still be carried out for so long after its entry was settled. */
const LATE_MS = 600_000;

type JournalRow = Parameters<typeof toEntry>[0] & {
  readonly edit_id: string;
  readonly decided_at: Date;
  readonly settled_at: Date | null;
};

/**
 * Which of these changes an edit of the workspace made: done over the API by a user of one of our tokens, and the journal
 * has an entry for that record, at about that time, with equal cells. One action is one request, so what else it changed
 * (the other side of a link, computed cells) is the edit's too. Everything else is somebody else's.
 */
export async function attributeChanges<C extends SeenChange>(
  tx: Tx,
  ref: WatchRef,
  tokenUser: string | null,
  changes: readonly C[],
): Promise<Map<C, Attribution>> {
  const users = await readOwnUsers(tx, tokenUser);
  const candidates = changes.filter((change) => isOurApi(change, users));
  const found = new Map<C, Attribution>();
  if (candidates.length === 0) return found;
  const entries = await readEntriesOf(tx, ref, candidates);
  const fields = await readFields(tx, [...new Set([...entries.values()].flat().map((e) => e.editId))]);
  const edits = await readKnownTransactions(tx, ref, candidates);
  for (const change of candidates) {
    for (const { editId, entry, from, until } of entries.get(change.recordId ?? '') ?? []) {
      const at = Date.parse(change.at);
      const match = at >= from && at <= until && matchEntry(change, entry, fields.get(editId) ?? new Map());
      if (!match) continue;
      found.set(change, { editId, overwrote: match.overwrote });
      if (change.transaction !== null) edits.set(change.transaction, editId);
      break;
    }
  }
  for (const change of candidates) {
    const editId = change.transaction === null ? undefined : edits.get(change.transaction);
    if (editId !== undefined && !found.has(change)) found.set(change, { editId, overwrote: null });
  }
  return found;
}

/** Whether a change was made through the API by one of these users. */
export function isOurApi(change: Pick<SeenChange, 'source' | 'actor'>, users: ReadonlySet<string>): boolean {
  return change.source === 'publicApi' && change.actor !== null && users.has(change.actor.id);
}

/** The Airtable users whose tokens this workspace writes with. */
export async function readOwnUsers(tx: Tx, tokenUser: string | null): Promise<Set<string>> {
  const { rows } = await tx.query<{ id: string }>(
    'SELECT airtable_user AS id FROM connections WHERE airtable_user IS NOT NULL',
  );
  return new Set([...rows.map(({ id }) => id), ...(tokenUser === null ? [] : [tokenUser])]);
}

interface EditEntry {
  readonly editId: string;
  readonly entry: JournalEntry;
  /** When its write can have been carried out, in milliseconds of the epoch. */
  readonly from: number;
  readonly until: number;
}

/** Journal entries by the records they are about, those brought back under a new id too; the latest sent first. */
async function readEntriesOf(
  tx: Tx,
  ref: WatchRef,
  changes: readonly SeenChange[],
): Promise<Map<string, EditEntry[]>> {
  const ids = [...new Set(changes.flatMap(({ recordId }) => (recordId === null ? [] : [recordId])))];
  const { rows } = await tx.query<JournalRow & Record<string, unknown>>(
    `SELECT c.edit_id, c.ordinal, c.change, c.record_id, c.label, c.state, c.reason, c.found, c.batch, c.sent_at, c.restored_as,
       e.decided_at, c.settled_at
     FROM edit_changes c JOIN edits e ON e.workspace_id = c.workspace_id AND e.id = c.edit_id
     WHERE c.workspace_id = $1 AND e.base_id = $2 AND (c.record_id = ANY($3) OR c.restored_as = ANY($3))
       AND c.sent_at IS NOT NULL AND e.decided_at IS NOT NULL
     ORDER BY c.sent_at DESC`,
    [ref.workspaceId, ref.baseId, ids],
  );
  const entries = new Map<string, EditEntry[]>();
  for (const row of rows) {
    const entry = toEntry(row);
    const open = row.settled_at === null || entry.state === 'intended' || entry.state === 'undo_intended';
    const from = row.decided_at.getTime() - CLOCK_SKEW_MS;
    const until = open ? Infinity : (row.settled_at?.getTime() ?? 0) + LATE_MS;
    for (const id of new Set([entry.recordId, entry.restoredAs])) {
      if (id !== null)
        entries.set(id, [...(entries.get(id) ?? []), { editId: row.edit_id, entry, from, until }]);
    }
  }
  return entries;
}

/** The fields that edits were planned with: what their cells are compared by. */
async function readFields(tx: Tx, editIds: readonly string[]): Promise<Map<string, FieldsById>> {
  const { rows } = await tx.query<{ id: string; preview: unknown }>(
    'SELECT id, preview FROM edits WHERE id = ANY($1) AND preview IS NOT NULL',
    [editIds],
  );
  return new Map(rows.map(({ id, preview }) => [id, fieldsOf(Preview.parse(preview))]));
}

/** Actions of which another part, in an earlier payload, was found to be an edit's. */
async function readKnownTransactions(
  tx: Tx,
  ref: WatchRef,
  changes: readonly SeenChange[],
): Promise<Map<number, string>> {
  const numbers = [...new Set(changes.flatMap(({ transaction }) => transaction ?? []))];
  const { rows } = await tx.query<{ n: string; edit_id: string }>(
    `SELECT DISTINCT transaction_number AS n, edit_id FROM base_changes WHERE workspace_id = $1 AND connection_id = $2
       AND base_id = $3 AND transaction_number = ANY($4) AND edit_id IS NOT NULL AND seen_at > now() - interval '1 day'`,
    [ref.workspaceId, ref.connectionId, ref.baseId, numbers],
  );
  return new Map(rows.map(({ n, edit_id }) => [Number(n), edit_id]));
}

/** Whether an entry's write, or its undo, is what the change shows; then with what of others' it replaced unseen. */
function matchEntry(
  change: SeenChange,
  entry: JournalEntry,
  fields: FieldsById,
): { readonly overwrote: Cells | null } | undefined {
  const { change: intent, found } = entry;
  const undone = UNDONE.has(entry.state);
  if (change.kind === 'updated' && intent.kind === 'update')
    return matchUpdate(change, intent.cells, found, undone, fields);
  if (change.kind === 'deleted' && (intent.kind === 'delete' || (intent.kind === 'create' && undone)))
    return { overwrote: null };
  if (change.kind !== 'created') return undefined;
  const back =
    intent.kind === 'delete' && entry.restoredAs === change.recordId ? (found ?? intent.before) : null;
  const wanted = intent.kind === 'create' ? intent.cells : back;
  // What returns is created without its links and attachments, which follow.
  const first =
    back || (intent.kind === 'create' && intent.restores) ? withoutLater(fields, wanted ?? {}) : wanted;
  return first && includesCells(fields, change.after ?? {}, first) ? { overwrote: null } : undefined;
}

/** States in which the write was, or may have been, taken back. */
const UNDONE: ReadonlySet<string> = new Set(['undo_intended', 'undone', 'undo_conflict', 'undo_unknown']);

/**
 * An update is ours when every cell of the entry that changed holds what the entry writes, or what its undo gives back. Where
 * one of them held neither of the two before, somebody's value was replaced that our check did not see.
 */
function matchUpdate(
  { before: previous, after }: SeenChange,
  cells: UpdateChange['cells'],
  found: Cells | null,
  undone: boolean,
  fields: FieldsById,
): { readonly overwrote: Cells | null } | undefined {
  const touched = Object.entries(cells)
    .filter(([id]) => after !== null && id in after)
    .map(([id, cell]) => ({
      id,
      written: cell.after,
      image: found && id in found ? (found[id] ?? null) : cell.before,
    }));
  const holds = (to: 'written' | 'image') =>
    touched.every((cell) => equalCells(fields, cell.id, after?.[cell.id], cell[to]));
  if (touched.length === 0 || !(holds('written') || (undone && holds('image')))) return undefined;
  const lost = touched.filter(
    ({ id, written, image }) =>
      previous !== null &&
      id in previous &&
      ![written, image].some((known) => equalCells(fields, id, previous[id], known)),
  );
  if (lost.length === 0) return { overwrote: null };
  return { overwrote: Object.fromEntries(lost.map(({ id }) => [id, previous?.[id] ?? null])) };
}

/** Whether a record holds these cells; what they do not name may be anything (defaults, computed cells). */
export function includesCells(fields: FieldsById, present: Cells, wanted: Cells): boolean {
  return Object.keys(wanted).every((id) => equalCells(fields, id, present[id], wanted[id]));
}
