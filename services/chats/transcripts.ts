import { TranscriptEntry } from '../planners/planner';
import { oneRow, type Tx } from '../database/database';

/** Where an entry stands. The transaction must be the workspace's. */
export interface EntryPlace {
  readonly workspaceId: string;
  readonly turnId: string;
  readonly position: number;
}

/** Stores an entry unless its place is taken, and gives back the one that is stored there: the first writer wins. */
export async function appendEntry(
  tx: Tx,
  place: EntryPlace,
  entry: TranscriptEntry,
): Promise<TranscriptEntry> {
  const key = [place.workspaceId, place.turnId, place.position];
  await tx.query(
    'INSERT INTO transcript_entries (workspace_id, turn_id, position, entry) VALUES ($1, $2, $3, $4) ON CONFLICT DO NOTHING',
    [...key, JSON.stringify(storable(entry))],
  );
  const stored = await tx.query<{ entry: unknown }>(
    'SELECT entry FROM transcript_entries WHERE workspace_id = $1 AND turn_id = $2 AND position = $3',
    key,
  );
  return TranscriptEntry.parse(oneRow(stored).entry);
}

/** A turn's entries in order, as far as they follow each other without a gap; none when the turn has not begun. */
export async function loadEntries(tx: Tx, turn: Omit<EntryPlace, 'position'>): Promise<TranscriptEntry[]> {
  const { rows } = await tx.query<{ position: number; entry: unknown }>(
    'SELECT position, entry FROM transcript_entries WHERE workspace_id = $1 AND turn_id = $2 ORDER BY position',
    [turn.workspaceId, turn.turnId],
  );
  return rows.filter((row, i) => row.position === i).map((row) => TranscriptEntry.parse(row.entry));
}

/** PostgreSQL's JSON holds neither NUL nor half a character, and what a model or a cell says may. */
function storable(value: unknown): unknown {
  if (typeof value === 'string') return value.replaceAll('\0', '\ufffd').toWellFormed();
  if (Array.isArray(value)) return value.map(storable);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, part]) => [storable(key), storable(part)]));
}
