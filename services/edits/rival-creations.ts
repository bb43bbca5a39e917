import type { AirtableRecord, Cells } from '../../contracts/airtable';
import type { Tx } from '../database/database';
import { differingFields, type FieldsById } from './cell-comparison';
import { toEntry } from './journal';
import type { EditRun } from './run';

/** A creation whose end is not known, of another edit of any workspace that reaches the base. */
interface Rival {
  readonly cells: Cells;
  /** Milliseconds of the epoch between which its record can have been created. */
  readonly from: number;
  readonly until: number;
}

/** Clocks of two machines differ: a record created this much before our request may still be ours. */
export const CLOCK_SKEW_MS = 120_000;
/** A request that nobody waits for any more may still be carried out for so long. */
const LATE_MS = 600_000;

/**
 * What other edits, of any workspace, have to do with these records: `made` are theirs for certain; `contested` are those that
 * a creation of theirs without a known end may have made.
 */
export async function readOthersClaims(
  run: Pick<EditRun, 'db' | 'editId' | 'baseId' | 'fields'>,
  tableId: string,
  records: readonly AirtableRecord[],
): Promise<{ readonly made: ReadonlySet<string>; readonly contested: ReadonlySet<string> }> {
  if (records.length === 0) return { made: new Set(), contested: new Set() };
  const ids = records.map(({ id }) => id);
  const [made, rivals] = await run.db.system(async (tx) => [
    await readMadeElsewhere(tx, run, ids),
    await readRivals(tx, run, tableId),
  ]);
  const contested = records.filter((r) => rivals.some((rival) => mayBeOf(run.fields, rival, r)));
  return { made, contested: new Set(contested.map(({ id }) => id)) };
}

/** A creation that carries a marker makes no record without one: it rivals nobody. */
async function readRivals(
  tx: Tx,
  { editId, baseId }: Pick<EditRun, 'editId' | 'baseId'>,
  tableId: string,
): Promise<Rival[]> {
  const { rows } = await tx.query<Parameters<typeof toEntry>[0] & Record<string, unknown>>(
    `SELECT c.ordinal, c.change, c.record_id, c.label, c.state, c.reason, c.found, c.batch, c.sent_at, c.restored_as, c.first_sent_at
     FROM edit_changes c JOIN edits e ON e.workspace_id = c.workspace_id AND e.id = c.edit_id
     WHERE c.table_id = $1 AND e.base_id = $2 AND c.edit_id <> $3 AND c.marker_field IS NULL AND c.first_sent_at IS NOT NULL
       AND ((c.kind = 'create' AND c.state IN ('intended', 'unknown'))
         OR (c.kind = 'delete' AND c.state IN ('undo_intended', 'undo_unknown')))
     LIMIT 10000`,
    [tableId, baseId, editId],
  );
  return rows.map(toEntry).flatMap((entry): Rival[] => {
    const { change, found, sentAt, firstSentAt, state } = entry;
    if (!firstSentAt) return [];
    const open = state === 'intended' || state === 'undo_intended';
    const cells =
      change.kind === 'create' ? change.cells : change.kind === 'delete' ? (found ?? change.before) : {};
    const until = open ? Infinity : (sentAt ?? firstSentAt).getTime() + LATE_MS;
    return [{ cells, from: firstSentAt.getTime() - CLOCK_SKEW_MS, until }];
  });
}

/** Records that the journal of another workspace accounts for: a base can be reached from several. */
async function readMadeElsewhere(
  tx: Tx,
  { editId, baseId }: Pick<EditRun, 'editId' | 'baseId'>,
  recordIds: readonly string[],
): Promise<Set<string>> {
  const { rows } = await tx.query<{ id: string }>(
    `WITH others AS (SELECT DISTINCT workspace_id FROM edits WHERE base_id = $1 AND id <> $2)
     SELECT c.record_id AS id FROM others JOIN edit_changes c USING (workspace_id)
       WHERE c.record_id = ANY($3) AND c.kind = 'create' AND c.edit_id <> $2
     UNION SELECT c.restored_as FROM others JOIN edit_changes c USING (workspace_id) WHERE c.restored_as = ANY($3)
     UNION SELECT l.record_id FROM others JOIN late_records l USING (workspace_id) WHERE l.record_id = ANY($3) AND l.state NOT IN ('unclear', 'foreign')`,
    [baseId, editId, recordIds],
  );
  return new Set(rows.map(({ id }) => id));
}

function mayBeOf(fields: FieldsById, { cells, from, until }: Rival, record: AirtableRecord): boolean {
  const at = Date.parse(record.createdTime);
  return at >= from && at <= until && differingFields(fields, cells, record).length === 0;
}
