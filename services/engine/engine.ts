import type { Tx } from '../database/database';
import { readBase } from './base-rows';
import { createBase, listBases, removeBase, type NewBase } from './bases';
import { createRecord, createRecords, updateRecord, updateRecords } from './change-records';
import { concludeWrite } from './conclude-write';
import { deleteRecord, deleteRecords } from './delete-records';
import { newEngineId } from './engine-ids';
import { getRecord } from './get-record';
import { listRecords } from './list-records';
import { loadRecords, type LoadedRecord } from './load-records';
import { openPlace, type Acting, type BasePlace, type DownloadLinks } from './place';
import { recordRequest, type AcceptedRequest } from './request-log';
import { createSchemaCache } from './schema-cache';
import { createField, createTable, updateField, updateTable } from './schema-requests';
import { upsertRecords } from './upsert-records';

/** The engine's operations. All throw EngineError in Airtable's words; nothing is written when one throws in a transaction. */
export type Engine = ReturnType<typeof createEngine>;

/** A new base; its id is given where the caller must know it beforehand. */
export type BaseToCreate = NewBase & { readonly id?: string };

const NOBODY: Acting = { userId: null, source: 'publicApi' };

/**
 * The built-in server of the Airtable Web API, without its door. Each function takes a transaction of the workspace
 * (`db.tenant`), then where: workspace, base, table (id or name). Bodies are the API's own, checked here. A door that acts for
 * somebody opens a place and calls the functions of this room itself.
 */
export function createEngine({
  clock,
  links,
}: {
  readonly clock: { now(): Date };
  readonly links: DownloadLinks;
}) {
  const schemas = createSchemaCache();

  /** Where work on a base happens, for somebody or for nobody in particular. */
  function open(
    tx: Tx,
    workspaceId: string,
    baseId: string,
    by: Acting = NOBODY,
    trusting = false,
  ): BasePlace {
    return openPlace({ tx, workspaceId, baseId, now: clock.now(), by, schemas, trusting, links });
  }

  const reading =
    <A extends readonly unknown[], T>(work: (place: BasePlace, ...args: A) => Promise<T>) =>
    (tx: Tx, workspaceId: string, baseId: string, ...args: A): Promise<T> =>
      work(open(tx, workspaceId, baseId), ...args);

  const writing =
    <A extends readonly unknown[], T>(work: (place: BasePlace, ...args: A) => Promise<T>) =>
    async (tx: Tx, workspaceId: string, baseId: string, ...args: A): Promise<T> => {
      const place = open(tx, workspaceId, baseId);
      const result = await work(place, ...args);
      await concludeWrite(place);
      return result;
    };

  return {
    open,
    createBase: (tx: Tx, ws: string, { id = newEngineId('app'), ...input }: BaseToCreate) =>
      createBase(open(tx, ws, id), input),
    removeBase,
    listBases,
    getSchema: reading(readBase),
    createTable: writing(createTable),
    updateTable: writing(updateTable),
    createField: writing(createField),
    updateField: writing(updateField),
    listRecords: reading((place, table: string, query: unknown) => listRecords(place, table, query)),
    getRecord: reading((place, table: string, record: string, byFieldId: boolean = false) =>
      getRecord(place, table, record, byFieldId),
    ),
    createRecord: writing(createRecord),
    createRecords: writing(createRecords),
    updateRecord: writing((place, table: string, record: string, body: unknown) =>
      updateRecord(place, table, record, 'merge', body),
    ),
    updateRecords: writing((place, table: string, body: unknown) =>
      updateRecords(place, table, 'merge', body),
    ),
    replaceRecord: writing((place, table: string, record: string, body: unknown) =>
      updateRecord(place, table, record, 'replace', body),
    ),
    replaceRecords: writing((place, table: string, body: unknown) =>
      updateRecords(place, table, 'replace', body),
    ),
    upsertRecords: writing(upsertRecords),
    deleteRecord: writing(deleteRecord),
    deleteRecords: writing(deleteRecords),
    loadRecords: writing((place, table: string, records: readonly LoadedRecord[]) =>
      loadRecords(place, table, records),
    ),
    recordRequest: (tx: Tx, ws: string, entry: AcceptedRequest) => recordRequest(tx, ws, entry, clock.now()),
  };
}
