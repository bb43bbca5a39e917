import type { Tx } from '../database/database';
import type { FieldsById } from './cell-comparison';
import { IN_BASE } from './dependents';
import { foldEntries } from './dependents-folding';
import { ENTRY_COLUMNS, toEntry, type JournalEntry } from './journal';
import { followMadeIds } from './new-ids';
import { PLAN_PAGE, type Reading } from './plan-stage';

/** Places in the order of several journals that are looked up at once: each look sorts all of them. */
const PLACES = 10_000;
const SIZE = `octet_length(change::text) + coalesce(octet_length(found::text), 0)`;

type Row = Parameters<typeof toEntry>[0] & { readonly edit_id: string };

/** What an edit left in the base, newest first, page by page: at least one entry, then as many as fit a page. */
export async function* readLanded(
  [editId = '']: readonly string[],
  read: Reading,
): AsyncGenerator<JournalEntry[]> {
  for (let before: number | null = null; ;) {
    const page: JournalEntry[] = await read(async (tx) => {
      const { rows } = await tx.query<Row>(
        `SELECT ${ENTRY_COLUMNS} FROM (
           SELECT *, sum(${SIZE}) OVER (ORDER BY ordinal DESC) - (${SIZE}) AS characters FROM (
             SELECT ${ENTRY_COLUMNS} FROM edit_changes WHERE edit_id = $1 AND state = ANY($2) AND ($3::int IS NULL OR ordinal < $3)
             ORDER BY ordinal DESC LIMIT $4) next) page
         WHERE characters < $5 ORDER BY ordinal DESC`,
        [editId, IN_BASE, before, PLAN_PAGE.rows, PLAN_PAGE.characters],
      );
      return followMadeIds(tx, editId, rows.map(toEntry));
    });
    const last = page.at(-1);
    if (!last) return;
    yield page;
    before = last.ordinal;
  }
}

/**
 * What several edits left in the base as if one had done it, newest first, page by page; the order of their ids tells which is
 * first where two wrote at one moment. `interrupted` hears what somebody else had changed between them.
 */
export async function* readFolded(
  fields: FieldsById,
  editIds: readonly string[],
  read: Reading,
  interrupted: (what: string) => void,
): AsyncGenerator<JournalEntry[]> {
  for (let after: Place | undefined; ;) {
    const places = await read((tx) => readPlaces(tx, editIds, after));
    for (let at = 0; at < places.length; at += PLAN_PAGE.rows) {
      const some = places.slice(at, at + PLAN_PAGE.rows);
      const folded = foldEntries(fields, await read((tx) => readWrites(tx, editIds, some)));
      for (const one of folded.interrupted) interrupted(one);
      if (folded.entries.length) yield folded.entries;
    }
    after = places.at(-1);
    if (places.length < PLACES) return;
  }
}

/** Where an entry stands among those of several edits. */
interface Place {
  readonly edit: number;
  readonly ordinal: number;
  /** As PostgreSQL writes it, to the microsecond. */
  readonly sent: string;
}

async function readPlaces(tx: Tx, editIds: readonly string[], after: Place | undefined): Promise<Place[]> {
  const { rows } = await tx.query<{ edit: number; ordinal: number; sent: string }>(
    `SELECT edit, ordinal, sent::text FROM (
       SELECT array_position($1::text[], edit_id) AS edit, ordinal, coalesce(sent_at, '-infinity') AS sent FROM edit_changes
       WHERE edit_id = ANY($1) AND state = ANY($2)) c
     WHERE $3::timestamptz IS NULL OR sent < $3 OR (sent = $3 AND (edit > $4 OR (edit = $4 AND ordinal < $5)))
     ORDER BY c.sent DESC, edit, ordinal DESC LIMIT $6`,
    [editIds, IN_BASE, after?.sent ?? null, after?.edit ?? null, after?.ordinal ?? null, PLACES],
  );
  return rows;
}

/**
 * The entries at these places, newest first, each followed by what the edits wrote to the same record before it. Where a newer
 * one of the record stands elsewhere, it was given with that one.
 */
async function readWrites(
  tx: Tx,
  editIds: readonly string[],
  places: readonly Place[],
): Promise<JournalEntry[]> {
  const { rows } = await tx.query<Row & { edit: number }>(
    `WITH wanted AS (
       SELECT c.workspace_id, c.edit_id, c.ordinal, c.record_id FROM unnest($3::int[], $4::int[]) AS p(edit, ordinal)
         JOIN edit_changes c ON c.edit_id = ($1::text[])[p.edit] AND c.ordinal = p.ordinal)
     SELECT edit_id, array_position($1::text[], edit_id) AS edit, ${ENTRY_COLUMNS} FROM edit_changes
     WHERE edit_id = ANY($1) AND state = ANY($2) AND record_id IN (SELECT record_id FROM wanted)
     UNION ALL
     SELECT edit_id, array_position($1::text[], edit_id), ${ENTRY_COLUMNS} FROM edit_changes
     WHERE (edit_id, ordinal) IN (SELECT edit_id, ordinal FROM wanted WHERE record_id IS NULL) AND state = ANY($2)
     ORDER BY sent_at DESC NULLS LAST, edit, ordinal DESC`,
    [editIds, IN_BASE, places.map(({ edit }) => edit), places.map(({ ordinal }) => ordinal)],
  );
  const entries = new Map<string, JournalEntry>();
  const ofRecord = new Map<string, string[]>();
  for (const [i, editId] of editIds.entries()) {
    const own = rows.filter((row) => row.edit_id === editId).map(toEntry);
    for (const entry of await followMadeIds(tx, editId, own)) entries.set(keyOf(i + 1, entry.ordinal), entry);
  }
  for (const { edit, ordinal, record_id: recordId } of rows) {
    if (recordId === null) continue;
    const same = ofRecord.get(recordId);
    if (same) same.push(keyOf(edit, ordinal));
    else ofRecord.set(recordId, [keyOf(edit, ordinal)]);
  }
  const keys = places.flatMap(({ edit, ordinal }) => {
    const key = keyOf(edit, ordinal);
    const recordId = entries.get(key)?.recordId ?? null;
    if (recordId === null) return [key];
    const writes = ofRecord.get(recordId) ?? [];
    return writes[0] === key ? writes : [];
  });
  return keys.flatMap((key) => entries.get(key) ?? []);
}

const keyOf = (edit: number, ordinal: number) => `${edit}/${ordinal}`;

/** Of these records, those that the edits deleted. */
export async function readDeleted(
  tx: Tx,
  editIds: readonly string[],
  recordIds: readonly string[],
): Promise<Set<string>> {
  if (recordIds.length === 0) return new Set();
  const { rows } = await tx.query<{ id: string }>(
    `SELECT record_id AS id FROM edit_changes WHERE record_id = ANY($2) AND edit_id = ANY($1) AND kind = 'delete' AND state = ANY($3)`,
    [editIds, recordIds, IN_BASE],
  );
  return new Set(rows.map(({ id }) => id));
}
