import { Router } from 'express';
import { SagatableError } from '../../contracts/errors';
import { CreateTokenInput, type CreatedToken } from '../../contracts/identity';
import { ROLE_SCOPES } from '../../contracts/roles';
import { actorOf } from '../authenticate';
import type { ApiContext } from '../context';
import { PageQuery } from '../page-query';
import { parseBody, parseId, parseQuery } from '../parse';

interface Dependencies {
  readonly services: Pick<ApiContext['services'], 'db' | 'personalTokens' | 'permissions' | 'audit'>;
}

/** Personal access tokens. A token that may write tokens sees and makes those of its own workspace only. */
export function createTokenRoutes({
  services: { db, personalTokens, permissions, audit },
}: Dependencies): Router {
  const router = Router();

  router.get('/v1/tokens', async (req, res) => {
    const actor = actorOf(req);
    permissions.requireScope(actor, 'tokens:write');
    const { limit, cursor } = parseQuery(PageQuery.strict(), req);
    res.json(await personalTokens.list(actor.userId, { limit, after: cursor, only: actor.workspaceId }));
  });

  router.post('/v1/tokens', async (req, res) => {
    const actor = actorOf(req);
    permissions.requireScope(actor, 'tokens:write');
    const { workspaceId, name, scopes, expiresInDays } = parseBody(CreateTokenInput, req);
    const { role } = await permissions.authorize(actor, workspaceId, 'tokens:write');
    const beyond = scopes.filter(
      (scope) => !actor.scopes.includes(scope) || !ROLE_SCOPES[role].includes(scope),
    );
    if (beyond.length) {
      throw new SagatableError(
        'Forbidden',
        `A token can do no more than its maker: leave out ${beyond.join(', ')}.`,
        {
          code: 'missing_scope',
          details: { scopes: beyond },
        },
      );
    }
    const { userId } = actor;
    const asked = { userId, workspaceId, name, scopes: [...new Set(scopes)], expiresInDays };
    const { view, token } = await db.system((tx) => personalTokens.create(tx, asked));
    await audit.record(workspaceId, userId, 'token.created', view.id, { scopes: view.scopes });
    const created: CreatedToken = { ...view, token };
    res.status(201).json(created);
  });

  router.delete('/v1/tokens/:tokenId', async (req, res) => {
    const actor = actorOf(req);
    permissions.requireScope(actor, 'tokens:write');
    const tokenId = parseId('token', req);
    const { workspaceId } = await db.system((tx) =>
      personalTokens.revoke(tx, actor.userId, tokenId, actor.workspaceId),
    );
    await audit.record(workspaceId, actor.userId, 'token.revoked', tokenId);
    res.status(204).end();
  });
  return router;
}
