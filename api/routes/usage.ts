import { Router } from 'express';
import { idOf } from '../../contracts/ids';
import { connectionNotFound } from '../../services/workspaces/connection-rows';
import { actorOf } from '../authenticate';
import type { ApiContext } from '../context';
import { workspaceOf } from '../workspace-of';

/** What connections use of Airtable’s calls. */
export function createUsageRoutes({ services }: Pick<ApiContext, 'services'>): Router {
  const router = Router();

  router.get('/v1/workspaces/:workspaceId/connections/:connectionId/usage', async (req, res) => {
    const workspaceId = await workspaceOf(services, req.params);
    await services.permissions.authorize(actorOf(req), workspaceId, 'workspaces:read');
    const connection = idOf('connection').safeParse(req.params.connectionId);
    if (!connection.success) throw connectionNotFound();
    res.json(await services.usage.of(workspaceId, connection.data));
  });
  return router;
}
