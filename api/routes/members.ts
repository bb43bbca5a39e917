import { Router } from 'express';
import { AddMemberInput } from '../../contracts/members';
import { actorOf } from '../authenticate';
import type { ApiContext } from '../context';
import { PageQuery } from '../page-query';
import { parseBody, parseId, parseQuery } from '../parse';

interface Dependencies {
  readonly services: Pick<ApiContext['services'], 'db' | 'members' | 'permissions' | 'audit'>;
}

/** Who belongs to a workspace. */
export function createMemberRoutes({ services: { db, members, permissions, audit } }: Dependencies): Router {
  const router = Router();

  router.get('/v1/workspaces/:workspaceId/members', async (req, res) => {
    const { workspaceId } = await permissions.authorize(
      actorOf(req),
      parseId('workspace', req),
      'workspaces:read',
    );
    const { limit, cursor } = parseQuery(PageQuery.strict(), req);
    res.json(await members.list(workspaceId, { limit, after: cursor }));
  });

  router.post('/v1/workspaces/:workspaceId/members', async (req, res) => {
    const actor = actorOf(req);
    const { workspaceId, role } = await permissions.authorize(
      actor,
      parseId('workspace', req),
      'members:write',
    );
    const input = parseBody(AddMemberInput, req);
    const by = { userId: actor.userId, role };
    const { member, added } = await db.system((tx) => members.add(tx, workspaceId, input, by));
    const action = added ? 'member.added' : 'member.role_changed';
    await audit.record(workspaceId, actor.userId, action, member.userId, { role: member.role });
    res.status(added ? 201 : 200).json(member);
  });

  router.delete('/v1/workspaces/:workspaceId/members/:userId', async (req, res) => {
    const actor = actorOf(req);
    // Anybody may leave, but by themselves and not by a token that can only read.
    const leaving = actor.via === 'session' && req.params.userId === actor.userId;
    const scope = leaving ? 'workspaces:read' : 'members:write';
    const { workspaceId, role } = await permissions.authorize(actor, parseId('workspace', req), scope);
    const userId = parseId('user', req);
    await db.system((tx) => members.remove(tx, workspaceId, userId, { userId: actor.userId, role }));
    await audit.record(workspaceId, actor.userId, leaving ? 'member.left' : 'member.removed', userId);
    res.status(204).end();
  });
  return router;
}
