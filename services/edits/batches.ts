import { MAX_PAGE_SIZE } from '../../contracts/airtable';
import type { CreateOptionChange } from '../../contracts/changes';
import type { Tx } from '../database/database';
import { ENTRY_COLUMNS, readEntries, toEntry, type JournalEntry } from './journal';
import { followMadeIds } from './new-ids';

/** What comes next: entries of one kind and table. `option` rides on the first record that uses it. */
export interface Upcoming {
  readonly entries: readonly JournalEntry[];
  readonly option: JournalEntry | undefined;
}

/** The next entries to apply, in order; undefined when none is left. An option without a record to carry it is returned alone. */
export async function readUpcoming(tx: Tx, editId: string): Promise<Upcoming | undefined> {
  const pending = await readEntries(tx, editId, ['pending'], MAX_PAGE_SIZE, 'forwards');
  const first = pending[0];
  if (!first) return undefined;
  if (first.change.kind === 'createOption') {
    const carrier = await findCarrier(tx, editId, first.change);
    return { entries: carrier ? [carrier] : [], option: first };
  }
  return { entries: sameTarget(pending), option: undefined };
}

/** The leading entries that share kind and table, and the field of the markers that they were sent with before. */
export function sameTarget(entries: readonly JournalEntry[]): JournalEntry[] {
  const [first] = entries;
  const end = entries.findIndex(
    ({ change, markerField }) =>
      change.kind !== first?.change.kind ||
      change.tableId !== first.change.tableId ||
      markerField !== first.markerField,
  );
  return entries.slice(0, end < 0 ? entries.length : end);
}

async function findCarrier(
  tx: Tx,
  editId: string,
  option: CreateOptionChange,
): Promise<JournalEntry | undefined> {
  const { rows } = await tx.query<Parameters<typeof toEntry>[0]>(
    `SELECT ${ENTRY_COLUMNS} FROM edit_changes
     WHERE edit_id = $1 AND state = 'pending' AND table_id = $2 AND (
       (kind = 'update' AND change #> ARRAY['cells', $3, 'after'] @> to_jsonb($4::text)) OR
       (kind = 'create' AND change #> ARRAY['cells', $3] @> to_jsonb($4::text)))
     ORDER BY ordinal LIMIT 1`,
    [editId, option.tableId, option.fieldId, option.name],
  );
  const [carrier] = await followMadeIds(tx, editId, rows.map(toEntry));
  return carrier;
}
