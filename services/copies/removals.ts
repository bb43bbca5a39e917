import { deleteRows, readRecords } from '../engine/record-rows';
import type { BasePlace } from '../engine/place';
import type { HostedTable } from './hosting';
import { countsOf, type Piece } from './run';

/** Records removed at once. */
const BATCH = 500;

/**
 * Removes some of the records that copies brought and that the list which has just ended did not show: they are gone at the
 * source. Records made here stay. Links to what is gone are taken out at the end of the copy, without a new stamp: when they
 * were changed at the source is known from there. Returns whether there may be more.
 */
export async function removeGone({ place, state }: Piece, table: HostedTable): Promise<boolean> {
  const { rows } = await place.tx.query<{ id: string }>(
    `DELETE FROM copied_records WHERE workspace_id = $1 AND base_id = $2 AND record_id IN (
       SELECT record_id FROM copied_records WHERE workspace_id = $1 AND base_id = $2 AND table_id = $3 AND seen < $4 LIMIT $5)
     RETURNING record_id AS id`,
    [place.workspaceId, place.baseId, table.id, state.position.pass, BATCH],
  );
  const ids = rows.map((row) => row.id);
  if (ids.length > 0) countsOf(state, table.id).removed += await removeRecords(place, table.id, ids);
  return ids.length === BATCH;
}

async function removeRecords(place: BasePlace, tableId: string, ids: readonly string[]): Promise<number> {
  const here = await readRecords(place, ids, tableId);
  await deleteRows(place, tableId, [...here.values()]);
  return here.size;
}
