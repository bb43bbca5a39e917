import { Router } from 'express';
import { z } from 'zod';
import { BaseId, idOf, RecordId } from '../../contracts/ids';
import type { Scope } from '../../contracts/scopes';
import { WatchInput } from '../../contracts/witness';
import type { WatchRef } from '../../services/witness/watch-rows';
import type { Request } from 'express';
import { actorOf } from '../authenticate';
import type { ApiContext } from '../context';
import { parseParams, parseQuery } from '../parse';

const WatchParams = z.object({
  workspaceId: idOf('workspace'),
  connectionId: idOf('connection'),
  baseId: BaseId,
});
const BaseParams = WatchParams.omit({ connectionId: true });
const ChangesQuery = z.object({
  connectionId: idOf('connection').optional(),
  /** The number of the last change that was read. */
  after: z.coerce.number().int().min(0).max(Number.MAX_SAFE_INTEGER).default(0),
  since: z.iso
    .datetime({ offset: true })
    .transform((time) => new Date(time))
    .optional(),
  recordId: RecordId.optional(),
  limit: z.coerce.number().int().min(1).max(500).default(100),
});

/** Watching bases, and reading who changed what in them. */
export function createWatchRoutes({ services }: Pick<ApiContext, 'services'>): Router {
  const router = Router();

  async function watchOf(req: Request<Record<string, string>>, scope: Scope): Promise<WatchRef> {
    const ref = parseParams(WatchParams, req, 'There is no such base.');
    await services.permissions.authorize(actorOf(req), ref.workspaceId, scope);
    return ref;
  }

  router.put(
    '/v1/workspaces/:workspaceId/connections/:connectionId/bases/:baseId/watch',
    async (req, res) => {
      const ref = await watchOf(req, 'connections:write');
      const { pollSeconds } = WatchInput.parse(req.body ?? {});
      const watch = await services.witness.watch(ref, pollSeconds);
      await services.audit.record(ref.workspaceId, actorOf(req).userId, 'base.watched', ref.baseId, {
        connectionId: ref.connectionId,
        pollSeconds,
      });
      res.json(watch);
    },
  );

  router.get(
    '/v1/workspaces/:workspaceId/connections/:connectionId/bases/:baseId/watch',
    async (req, res) => {
      res.json(await services.witness.get(await watchOf(req, 'workspaces:read')));
    },
  );

  router.delete(
    '/v1/workspaces/:workspaceId/connections/:connectionId/bases/:baseId/watch',
    async (req, res) => {
      const ref = await watchOf(req, 'connections:write');
      const left = await services.witness.unwatch(ref);
      await services.audit.record(ref.workspaceId, actorOf(req).userId, 'base.unwatched', ref.baseId, {
        connectionId: ref.connectionId,
      });
      if (left) res.status(202).json(left);
      else res.status(204).end();
    },
  );

  router.get('/v1/workspaces/:workspaceId/bases/:baseId/changes', async (req, res) => {
    const { workspaceId, baseId } = parseParams(BaseParams, req, 'There is no such base.');
    await services.permissions.authorize(actorOf(req), workspaceId, 'data.records:read');
    const { recordId, ...query } = parseQuery(ChangesQuery, req);
    const connectionId = query.connectionId ?? (await services.witness.connectionFor(workspaceId, baseId));
    const recordIds = recordId === undefined ? undefined : [recordId];
    res.json(await services.witness.changes({ workspaceId, baseId, ...query, connectionId, recordIds }));
  });
  return router;
}
