import { MAX_RECORDS_PER_WRITE } from '../../contracts/airtable';
import { lockBase } from './base-rows';
import { EngineError, recordNotFound, rowDoesNotExist } from './engine-error';
import { dropOneSidedLinks, followLinks } from './links';
import type { BasePlace } from './place';
import { deleteRows, readRecords } from './record-rows';
import { tableOf } from './schema-writing';

/** Deletes records of a table, all or none, and every link to them. Throws EngineError. */
export async function deleteRecords(
  place: BasePlace,
  tableIdOrName: string,
  ids: readonly string[],
): Promise<{ id: string; deleted: true }[]> {
  if (ids.length < 1 || ids.length > MAX_RECORDS_PER_WRITE) {
    throw new EngineError(
      422,
      'INVALID_RECORDS',
      `You must provide an array of up to ${MAX_RECORDS_PER_WRITE} record IDs.`,
    );
  }
  const base = await lockBase(place);
  const table = tableOf(base, tableIdOrName);
  const known = await readRecords(place, ids, table.id);
  const missing = ids.find((id) => !known.has(id));
  if (missing !== undefined) throw rowDoesNotExist(missing);
  const gone = [...known.values()].map(({ id, cells }) => ({ id, before: cells, after: null }));
  await deleteRows(place, table.id, [...known.values()]);
  await followLinks(place, base, table, gone);
  await dropOneSidedLinks(place, base, table, [...known.keys()]);
  return ids.map((id) => ({ id, deleted: true }));
}

/** Deletes the record of a path. Throws EngineError: 404 when the table has no such record. */
export async function deleteRecord(
  place: BasePlace,
  tableIdOrName: string,
  id: string,
): Promise<{ id: string; deleted: true }> {
  const base = await lockBase(place);
  const found = await readRecords(place, [id], tableOf(base, tableIdOrName).id);
  if (found.size === 0) throw recordNotFound();
  await deleteRecords(place, tableIdOrName, [id]);
  return { id, deleted: true };
}
