import type { Request } from 'express';
import { isEngineId } from '../../services/engine/engine-ids';
import type { ImitatedCall } from '../../services/engine/imitation/imitation';

/**
 * What imitation has to know of a request; null for its own switches, which are never limited. Whether calls about a
 * base's schema count toward the base's limit is (?): they do here, as all others about the base.
 */
export function imitatedCall(
  req: Pick<Request, 'originalUrl' | 'params'>,
  who: Pick<ImitatedCall, 'workspaceId' | 'userId' | 'tokenId'>,
): ImitatedCall | null {
  const path = req.originalUrl.split('?')[0] ?? '';
  if (/\/meta(\/bases\/[^/]+)?\/imitation\/?$/.test(path)) return null;
  const { workspaceId, userId, tokenId } = who;
  const base = req.params['base'];
  return {
    workspaceId,
    userId,
    tokenId,
    baseId: typeof base === 'string' && isEngineId('app', base) ? base : null,
    kind: /^\/v0\/meta(\/|$)/.test(path) ? 'meta' : 'data',
  };
}
