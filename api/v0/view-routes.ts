import { Router } from 'express';
import { createView, deleteView } from '../../services/engine/views/change-views';
import { getView, listViews } from '../../services/engine/views/list-views';
import type { Calls, EngineCall } from './calls';

const wantsVisibleFields = (call: EngineCall) =>
  call.query.list('include')?.includes('visibleFieldIds') ?? false;

/** `/v0/meta/bases/{base}/views`, and creating one in a table, which Airtable has no call for. */
export function createViewRoutes({ read, write }: Calls): Router {
  const router = Router();
  router.get(
    '/bases/:base/views',
    read('schema.bases:read', (call) => listViews(call.place, wantsVisibleFields(call))),
  );
  router
    .route('/bases/:base/views/:view')
    .get(
      read('schema.bases:read', (call) => getView(call.place, call.part('view'), wantsVisibleFields(call))),
    )
    .delete(write('schema.bases:write', (call) => deleteView(call.place, call.part('view'))));
  router.post(
    '/bases/:base/tables/:table/views',
    write('schema.bases:write', (call) => createView(call.place, call.part('table'), call.body)),
  );
  return router;
}
