import { recordNotFound } from '../engine-error';
import type { BasePlace } from '../place';
import { readRows } from '../record-rows';
import type { EngineBase } from '../schema';
import { tableOf } from '../schema-writing';

/**
 * Sees that the path of a comment is there: a table of the base, and a record of the base, in whatever table, as for
 * reading a record. Throws EngineError: 403 for the table, 404 for the record.
 */
export async function checkCommentPlace(
  place: BasePlace,
  base: EngineBase,
  tableIdOrName: string,
  recordId: string,
): Promise<void> {
  tableOf(base, tableIdOrName);
  if ((await readRows(place, [recordId])).length === 0) throw recordNotFound();
}
