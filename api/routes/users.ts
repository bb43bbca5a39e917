import { Router } from 'express';
import { UpdateUserInput } from '../../contracts/identity';
import { actorOf } from '../authenticate';
import type { ApiContext } from '../context';
import { parseBody } from '../parse';

interface Dependencies {
  readonly services: Pick<ApiContext['services'], 'db' | 'users' | 'permissions'>;
}

/** One's own profile; registering is an operation. */
export function createUserRoutes({ services: { db, users, permissions } }: Dependencies): Router {
  const router = Router();

  router.get('/v1/users/me', async (req, res) => {
    const actor = actorOf(req);
    permissions.requireScope(actor, 'users:read');
    res.json(await users.get(actor.userId));
  });

  router.patch('/v1/users/me', async (req, res) => {
    const actor = actorOf(req);
    permissions.requireScope(actor, 'users:write');
    const input = parseBody(UpdateUserInput, req);
    res.json(await db.system((tx) => users.update(tx, actor.userId, input)));
  });
  return router;
}
