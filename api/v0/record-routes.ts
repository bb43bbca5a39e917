import { Router } from 'express';
import {
  createRecord,
  createRecords,
  updateRecord,
  updateRecords,
} from '../../services/engine/change-records';
import { deleteRecord, deleteRecords } from '../../services/engine/delete-records';
import { invalidRequest } from '../../services/engine/engine-error';
import { isBatch, isUpsert } from '../../services/engine/record-requests';
import { parseBody } from '../../services/engine/body';
import { getRecord } from '../../services/engine/get-record';
import { ListQuery } from '../../services/engine/list-query';
import { listRecords } from '../../services/engine/list-records';
import { textFormOf } from '../../services/engine/text-form';
import { upsertRecords } from '../../services/engine/upsert-records';
import type { Calls, EngineCall } from './calls';
import { readListQuery } from './query';

/** The table of a call, in the engine's argument order. */
function table(call: EngineCall) {
  return [call.place, call.part('table')] as const;
}

/** Airtable.js leaves these two in the URL of a POST …/listRecords. */
function listBody(call: EngineCall): unknown {
  const { timeZone, userLocale } = readListQuery(call.query);
  const body = typeof call.body === 'object' && call.body !== null ? call.body : {};
  return {
    ...(timeZone !== undefined && { timeZone }),
    ...(userLocale !== undefined && { userLocale }),
    ...body,
  };
}

/** `/v0/{base}/{table}` and what is under it. */
export function createRecordRoutes(calls: Calls): Router {
  const router = Router();
  const { read, write } = calls;

  const update = (mode: 'merge' | 'replace') =>
    write('data.records:write', async (call) => {
      if (isUpsert(call.body)) return upsertRecords(...table(call), mode, call.body);
      return { records: await updateRecords(...table(call), mode, call.body) };
    });

  router.get(
    '/:base/:table',
    read('data.records:read', (call) => {
      return listRecords(...table(call), readListQuery(call.query));
    }),
  );
  router.post(
    '/:base/:table/listRecords',
    read('data.records:read', (call) => {
      return listRecords(...table(call), listBody(call));
    }),
  );
  router.post(
    '/:base/:table',
    write('data.records:write', async (call) => {
      return isBatch(call.body)
        ? { records: await createRecords(...table(call), call.body) }
        : createRecord(...table(call), call.body);
    }),
  );
  router.patch('/:base/:table', update('merge'));
  router.put('/:base/:table', update('replace'));
  router.delete(
    '/:base/:table',
    write('data.records:write', async (call) => {
      return { records: await deleteRecords(...table(call), call.query.list('records') ?? []) };
    }),
  );

  router.get(
    '/:base/:table/:record',
    read('data.records:read', (call) => {
      if (call.query.list('fields')) throw invalidRequest('fields cannot be chosen for one record');
      const query = parseBody(ListQuery, readListQuery(call.query));
      return getRecord(...table(call), call.part('record'), query.returnFieldsByFieldId, textFormOf(query));
    }),
  );
  router.patch(
    '/:base/:table/:record',
    write('data.records:write', (call) => {
      return updateRecord(...table(call), call.part('record'), 'merge', call.body);
    }),
  );
  router.put(
    '/:base/:table/:record',
    write('data.records:write', (call) => {
      return updateRecord(...table(call), call.part('record'), 'replace', call.body);
    }),
  );
  router.delete(
    '/:base/:table/:record',
    write('data.records:write', (call) => {
      return deleteRecord(...table(call), call.part('record'));
    }),
  );
  return router;
}
