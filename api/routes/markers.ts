import { Router, type Request } from 'express';
import { z } from 'zod';
import { SagatableError } from '../../contracts/errors';
import { BaseId, idOf, TableId } from '../../contracts/ids';
import { MarkerInput } from '../../contracts/markers';
import type { Scope } from '../../contracts/scopes';
import type { MarkedBase } from '../../services/edits/markers';
import type { Services } from '../../services/create-services';
import { actorOf } from '../authenticate';
import { parseParams } from '../parse';

const BaseParams = z.object({
  workspaceId: idOf('workspace'),
  connectionId: idOf('connection'),
  baseId: BaseId,
});
const TableParams = BaseParams.extend({ tableId: TableId });

/** Which field of a table carries the markers of new records. */
export function createMarkerRoutes({
  services,
}: {
  readonly services: Pick<Services, 'permissions' | 'audit' | 'markers'>;
}): Router {
  const router = Router();

  async function tableOf(req: Request<Record<string, string>>, scope: Scope): Promise<[MarkedBase, string]> {
    const { tableId, ...base } = parseParams(TableParams, req, 'There is no such table.');
    await services.permissions.authorize(actorOf(req), base.workspaceId, scope);
    return [base, tableId];
  }

  router.get(
    '/v1/workspaces/:workspaceId/connections/:connectionId/bases/:baseId/markers',
    async (req, res) => {
      const base = parseParams(BaseParams, req, 'There is no such base.');
      await services.permissions.authorize(actorOf(req), base.workspaceId, 'workspaces:read');
      res.json({ markers: await services.markers.list(base) });
    },
  );

  router.put(
    '/v1/workspaces/:workspaceId/connections/:connectionId/bases/:baseId/markers/:tableId',
    async (req, res) => {
      const [base, tableId] = await tableOf(req, 'connections:write');
      const { fieldId } = MarkerInput.parse(req.body ?? {});
      const marker = await services.markers.choose(base, tableId, fieldId);
      await services.audit.record(base.workspaceId, actorOf(req).userId, 'marker.chosen', tableId, {
        connectionId: base.connectionId,
        baseId: base.baseId,
        fieldId,
      });
      res.json(marker);
    },
  );

  router.delete(
    '/v1/workspaces/:workspaceId/connections/:connectionId/bases/:baseId/markers/:tableId',
    async (req, res) => {
      const [base, tableId] = await tableOf(req, 'connections:write');
      if (!(await services.markers.remove(base, tableId)))
        throw new SagatableError('NotFound', 'No marker field is chosen for this table.', {
          code: 'no_marker_field',
        });
      await services.audit.record(base.workspaceId, actorOf(req).userId, 'marker.removed', tableId, {
        connectionId: base.connectionId,
        baseId: base.baseId,
      });
      res.status(204).end();
    },
  );
  return router;
}
