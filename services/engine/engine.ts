import type { Tx } from '../database/database';
import { readBase } from './base-rows';
import { createBase, listBases, removeBase, type NewBase } from './bases';
import { createRecord, createRecords, updateRecord, updateRecords } from './change-records';
import { deleteRecord, deleteRecords } from './delete-records';
import { getRecord } from './get-record';
import { listRecords } from './list-records';
import { loadRecords, type LoadedRecord } from './load-records';
import { recordRequest, type AcceptedRequest } from './request-log';
import { createField, createTable, updateField, updateTable } from './schema-requests';
import { upsertRecords } from './upsert-records';

/** The engine's operations. All throw EngineError in Airtable's words; nothing is written when one throws in a transaction. */
export type Engine = ReturnType<typeof createEngine>;

/**
 * The built-in server of the Airtable Web API, without its door. Each function takes a transaction of the workspace
 * (`db.tenant`), then where: workspace, base, table (id or name). Bodies are the API's own, checked here.
 */
export function createEngine({ clock }: { readonly clock: { now(): Date } }) {
  const at = (tx: Tx, workspaceId: string, baseId: string) => ({ tx, workspaceId, baseId });
  return {
    createBase: (tx: Tx, ws: string, input: NewBase) => createBase(tx, ws, input, clock.now()),
    removeBase,
    listBases,
    getSchema: readBase,
    createTable: (tx: Tx, ws: string, base: string, body: unknown) => createTable(at(tx, ws, base), body),
    updateTable: (tx: Tx, ws: string, base: string, table: string, body: unknown) =>
      updateTable(at(tx, ws, base), table, body),
    createField: (tx: Tx, ws: string, base: string, table: string, body: unknown) =>
      createField(at(tx, ws, base), table, body),
    updateField: (tx: Tx, ws: string, base: string, table: string, field: string, body: unknown) =>
      updateField(at(tx, ws, base), table, field, body),
    listRecords: (tx: Tx, ws: string, base: string, table: string, query: unknown) =>
      listRecords(at(tx, ws, base), table, query, clock.now()),
    getRecord: (tx: Tx, ws: string, base: string, table: string, record: string, byFieldId = false) =>
      getRecord(at(tx, ws, base), table, record, byFieldId),
    createRecord: (tx: Tx, ws: string, base: string, table: string, body: unknown) =>
      createRecord(at(tx, ws, base), table, body, clock.now()),
    createRecords: (tx: Tx, ws: string, base: string, table: string, body: unknown) =>
      createRecords(at(tx, ws, base), table, body, clock.now()),
    updateRecord: (tx: Tx, ws: string, base: string, table: string, record: string, body: unknown) =>
      updateRecord(at(tx, ws, base), table, record, 'merge', body, clock.now()),
    updateRecords: (tx: Tx, ws: string, base: string, table: string, body: unknown) =>
      updateRecords(at(tx, ws, base), table, 'merge', body, clock.now()),
    replaceRecord: (tx: Tx, ws: string, base: string, table: string, record: string, body: unknown) =>
      updateRecord(at(tx, ws, base), table, record, 'replace', body, clock.now()),
    replaceRecords: (tx: Tx, ws: string, base: string, table: string, body: unknown) =>
      updateRecords(at(tx, ws, base), table, 'replace', body, clock.now()),
    upsertRecords: (
      tx: Tx,
      ws: string,
      base: string,
      table: string,
      mode: 'merge' | 'replace',
      body: unknown,
    ) => upsertRecords(at(tx, ws, base), table, mode, body, clock.now()),
    deleteRecord: (tx: Tx, ws: string, base: string, table: string, record: string) =>
      deleteRecord(at(tx, ws, base), table, record),
    deleteRecords: (tx: Tx, ws: string, base: string, table: string, records: readonly string[]) =>
      deleteRecords(at(tx, ws, base), table, records),
    loadRecords: (tx: Tx, ws: string, base: string, table: string, records: readonly LoadedRecord[]) =>
      loadRecords(at(tx, ws, base), table, records, clock.now()),
    recordRequest: (tx: Tx, ws: string, entry: AcceptedRequest) => recordRequest(tx, ws, entry, clock.now()),
  };
}
