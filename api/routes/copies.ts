import { Router } from 'express';
import { SagatableError } from '../../contracts/errors';
import { idOf } from '../../contracts/ids';
import { actorOf } from '../authenticate';
import type { ApiContext } from '../context';
import { nextCursor, PageQuery } from '../page-query';
import { enter, workspaceOf } from '../workspace-of';

/** Reading copies; making them is an operation. */
export function createCopyRoutes({ services }: Pick<ApiContext, 'services'>): Router {
  const router = Router();

  router.get('/v1/workspaces/:workspaceId/copies', async (req, res) => {
    const workspaceId = await workspaceOf(services, req.params);
    await services.permissions.authorize(actorOf(req), workspaceId, 'workspaces:read');
    const page = PageQuery.parse(req.query);
    const copies = await services.copies.list(workspaceId, page);
    res.json({ copies, nextCursor: nextCursor(copies, page.limit, (copy) => copy.id) });
  });

  router.get('/v1/copies/:copyId', async (req, res) => {
    const { copyId } = req.params;
    const actor = actorOf(req);
    const workspaceId = await enter('copy', async () => {
      if (!idOf('copy').safeParse(copyId).success)
        throw new SagatableError('NotFound', 'There is no such copy.');
      const found = await services.copies.findWorkspace(copyId);
      await services.permissions.authorize(actor, found, 'workspaces:read');
      return found;
    });
    res.json(await services.copies.report(workspaceId, copyId));
  });
  return router;
}
