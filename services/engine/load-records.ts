import { mergeCells, openTable, parseCells } from './cell-writing';
import { invalidRequest } from './engine-error';
import { isEngineId, newEngineId } from './engine-ids';
import type { BasePlace } from './place';
import { writeDrafts, type Draft } from './record-writing';

/** A record to be taken over: with an id of its own where others link to it. */
export interface LoadedRecord {
  readonly id?: string;
  /** ISO; now when absent. */
  readonly createdTime?: string;
  /** By field id or name, in the write form. */
  readonly fields: Readonly<Record<string, unknown>>;
}

/**
 * Adds any number of records to a table, with the checks of a create and the other sides of their links, in a few
 * statements. Records they link to must be there. Returns the ids in order; throws EngineError, nothing written.
 */
export async function loadRecords(
  place: BasePlace,
  tableIdOrName: string,
  records: readonly LoadedRecord[],
): Promise<string[]> {
  const open = await openTable(place, tableIdOrName, false);
  const drafts: Draft[] = records.map(({ id = newEngineId('rec'), createdTime, fields }) => {
    if (!isEngineId('rec', id)) throw invalidRequest(`"${id}" is no record id like recXXXXXXXXXXXXXX`);
    return {
      id,
      ...(createdTime === undefined ? {} : { createdTime }),
      before: null,
      after: mergeCells({}, parseCells(open.table, fields, open.writing)),
    };
  });
  if (new Set(drafts.map((draft) => draft.id)).size !== drafts.length) {
    throw invalidRequest('two of the records have the same id');
  }
  await writeDrafts(place, open, drafts);
  return drafts.map((draft) => draft.id);
}
