import type { Request } from 'express';
import { SagatableError } from '../contracts/errors';
import type { Actor } from '../contracts/identity';
import type { ApiContext } from './context';

/**
 * The signed-in operator behind a request of Temporal's Web UI, which knows cookies only. Throws Unauthenticated
 * when nobody is signed in, and Forbidden for everybody else: the Web UI spans all tenants.
 */
export async function operatorOf({ services }: Pick<ApiContext, 'services'>, req: Request): Promise<Actor> {
  const actor = await services.browserSessions.actorFromCookie(req.get('cookie'));
  if (!actor)
    throw new SagatableError('Unauthenticated', 'Sign in at the review page first.', {
      code: 'unauthenticated',
    });
  if (!actor.operator)
    throw new SagatableError(
      'Forbidden',
      'Temporal’s Web UI shows the work of all tenants: only operators may see it.',
      { code: 'operators_only' },
    );
  return actor;
}
