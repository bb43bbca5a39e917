import { Router } from 'express';
import type { Engine } from '../../services/engine/engine';
import { invalidRequest } from '../../services/engine/engine-error';
import { isBatch, isUpsert } from '../../services/engine/record-requests';
import type { Calls, EngineCall } from './calls';
import { flagOf, readListQuery } from './query';

/** The place of a call in the engine's argument order. */
function table(call: EngineCall) {
  return [call.tx, call.who.workspaceId, call.part('base'), call.part('table')] as const;
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
export function createRecordRoutes(calls: Calls, engine: Engine): Router {
  const router = Router();
  const { read, write } = calls;

  const update = (mode: 'merge' | 'replace') =>
    write('data.records:write', async (call) => {
      if (isUpsert(call.body)) return engine.upsertRecords(...table(call), mode, call.body);
      const records =
        mode === 'merge'
          ? await engine.updateRecords(...table(call), call.body)
          : await engine.replaceRecords(...table(call), call.body);
      return { records };
    });

  router.get(
    '/:base/:table',
    read('data.records:read', (call) => {
      return engine.listRecords(...table(call), readListQuery(call.query));
    }),
  );
  router.post(
    '/:base/:table/listRecords',
    read('data.records:read', (call) => {
      return engine.listRecords(...table(call), listBody(call));
    }),
  );
  router.post(
    '/:base/:table',
    write('data.records:write', async (call) => {
      return isBatch(call.body)
        ? { records: await engine.createRecords(...table(call), call.body) }
        : engine.createRecord(...table(call), call.body);
    }),
  );
  router.patch('/:base/:table', update('merge'));
  router.put('/:base/:table', update('replace'));
  router.delete(
    '/:base/:table',
    write('data.records:write', async (call) => {
      return { records: await engine.deleteRecords(...table(call), call.query.list('records') ?? []) };
    }),
  );

  router.get(
    '/:base/:table/:record',
    read('data.records:read', (call) => {
      if (call.query.list('fields')) throw invalidRequest('fields cannot be chosen for one record');
      const byFieldId = flagOf(call.query.one('returnFieldsByFieldId'));
      return engine.getRecord(...table(call), call.part('record'), byFieldId);
    }),
  );
  router.patch(
    '/:base/:table/:record',
    write('data.records:write', (call) => {
      return engine.updateRecord(...table(call), call.part('record'), call.body);
    }),
  );
  router.put(
    '/:base/:table/:record',
    write('data.records:write', (call) => {
      return engine.replaceRecord(...table(call), call.part('record'), call.body);
    }),
  );
  router.delete(
    '/:base/:table/:record',
    write('data.records:write', (call) => {
      return engine.deleteRecord(...table(call), call.part('record'));
    }),
  );
  return router;
}
