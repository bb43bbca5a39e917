import type { Cells, CellValue } from '../../contracts/airtable';
import type { Change } from '../../contracts/changes';
import type { Tx } from '../database/database';
import type { FieldsById } from './cell-comparison';
import type { JournalEntry } from './journal';

interface Row {
  readonly old_id: string;
  readonly new_id: string | null;
}

/** Records of this edit that are, or will be, created again: old ids with their new ones, null while not there yet. */
const RESTORED = `
  SELECT record_id AS old_id, restored_as AS new_id FROM edit_changes WHERE edit_id = $1 AND kind = 'delete'
  UNION ALL
  SELECT change ->> 'restores', record_id FROM edit_changes WHERE edit_id = $1 AND kind = 'create' AND change ? 'restores'`;

/**
 * A deleted record comes back under a new id: links to it follow. In a creation, links to records that are not
 * back yet are left out; the inverse field brings them when those records come.
 */
export async function followRestoredLinks(
  tx: Tx,
  editId: string,
  fields: FieldsById,
  entries: readonly JournalEntry[],
): Promise<JournalEntry[]> {
  if (entries.length === 0) return [];
  const { rows } = await tx.query<Row & Record<string, unknown>>(RESTORED, [editId]);
  const ids = new Map(rows.map((r) => [r.old_id, r.new_id]));
  if (![...ids.values()].some((id) => id !== null) && !entries.some((e) => restores(e.change)))
    return [...entries];

  const follow = (fieldId: string, value: CellValue, creating: boolean): CellValue => {
    if (fields.get(fieldId)?.type !== 'multipleRecordLinks' || !Array.isArray(value)) return value;
    const links = value.flatMap((id): CellValue[] => {
      const restored = typeof id === 'string' ? ids.get(id) : undefined;
      if (restored) return [restored];
      return restored === null && creating ? [] : [id];
    });
    return links.length ? links : null;
  };
  const followAll = (cells: Cells, creating: boolean): Cells =>
    Object.fromEntries(Object.entries(cells).map(([id, value]) => [id, follow(id, value, creating)]));

  return entries.map((entry) => {
    const { change } = entry;
    const deleted = change.kind === 'delete';
    const found = entry.found && followAll(entry.found, deleted);
    if (change.kind === 'create')
      return { ...entry, found, change: { ...change, cells: followAll(change.cells, true) } };
    if (change.kind !== 'update') return { ...entry, found };
    const cells = Object.fromEntries(
      Object.entries(change.cells).map(([id, cell]) => [
        id,
        { before: follow(id, cell.before, false), after: follow(id, cell.after, false) },
      ]),
    );
    return { ...entry, found, change: { ...change, cells } };
  });
}

const restores = (change: Change) => change.kind === 'create' && change.restores !== undefined;

/** Of records to be created again, those that another revert of the same edit has brought back already. */
export async function readRestoredElsewhere(
  tx: Tx,
  editId: string,
  recordIds: readonly string[],
): Promise<Set<string>> {
  if (recordIds.length === 0) return new Set();
  const { rows } = await tx.query<{ id: string }>(
    `SELECT c.change ->> 'restores' AS id FROM edit_changes c JOIN edits e ON e.workspace_id = c.workspace_id AND e.id = c.edit_id
     WHERE e.revert_of = (SELECT revert_of FROM edits WHERE id = $1) AND e.id <> $1 AND c.kind = 'create'
       AND c.state IN ('intended', 'landed', 'unknown') AND c.change ->> 'restores' = ANY($2)`,
    [editId, recordIds],
  );
  return new Set(rows.map((r) => r.id));
}
