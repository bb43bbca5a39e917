import { Router } from 'express';
import { UpdateWorkspaceInput } from '../../contracts/workspaces';
import { actorOf } from '../authenticate';
import type { ApiContext } from '../context';
import { PageQuery } from '../page-query';
import { parseBody, parseId, parseQuery } from '../parse';
import { createMemberRoutes } from './members';

interface Dependencies {
  readonly services: Pick<ApiContext['services'], 'db' | 'workspaces' | 'members' | 'permissions' | 'audit'>;
}

/** Workspaces and, by a router of their own, their members; making and deleting one are operations. */
export function createWorkspaceRoutes({ services }: Dependencies): Router {
  const { db, workspaces, permissions, audit } = services;
  const router = Router();
  router.use(createMemberRoutes({ services }));

  router.get('/v1/workspaces', async (req, res) => {
    const actor = actorOf(req);
    permissions.requireScope(actor, 'workspaces:read');
    const { limit, cursor } = parseQuery(PageQuery.strict(), req);
    res.json(await workspaces.listFor(actor.userId, { limit, after: cursor, only: actor.workspaceId }));
  });

  router.get('/v1/workspaces/:workspaceId', async (req, res) => {
    const actor = actorOf(req);
    const { workspaceId } = await permissions.authorize(actor, parseId('workspace', req), 'workspaces:read');
    res.json(await workspaces.get(workspaceId, actor.userId));
  });

  router.patch('/v1/workspaces/:workspaceId', async (req, res) => {
    const actor = actorOf(req);
    const { workspaceId } = await permissions.authorize(actor, parseId('workspace', req), 'members:write');
    const { name } = parseBody(UpdateWorkspaceInput, req);
    await db.tenant(workspaceId, (tx) => workspaces.rename(tx, workspaceId, name));
    await audit.record(workspaceId, actor.userId, 'workspace.renamed', workspaceId);
    res.json(await workspaces.get(workspaceId, actor.userId));
  });
  return router;
}
