import { createHash } from 'node:crypto';
import type { Call } from '../call';

/** Whose answers are kept together: other connections never see them, other tokens of the same one neither. */
export interface CachePlace {
  readonly workspaceId: string;
  readonly connectionId: string;
  readonly endpointUrl: string;
  readonly token: string;
}

/** A request as the cache knows it. */
export interface CachedRequest {
  /** MD5 of connection and request: short, and no more than a name. */
  readonly digest: string;
  /**
   * What its answer is sealed with: the whole of it, so that neither two requests of one digest nor two tokens of one
   * connection get each other's answers. Not stored.
   */
  readonly seal: string;
  readonly host: string;
  readonly baseId: string | null;
}

/** Names a call of a connection by what its answer depends on. */
export function identifyRequest(place: CachePlace, call: Call<unknown>): CachedRequest {
  const { workspaceId, connectionId, endpointUrl, token } = place;
  const asked = [call.method, call.host ?? '', call.path, call.body ?? null];
  const identity = JSON.stringify([workspaceId, connectionId, endpointUrl, ...asked]);
  return {
    digest: createHash('md5').update(identity).digest('hex'),
    seal: `${createHash('sha256').update(token).digest('hex')} ${identity}`,
    host: hostOf(endpointUrl),
    baseId: call.baseId,
  };
}

/** Host and port of an endpoint, as bases are told apart by. */
export const hostOf = (endpointUrl: string) => new URL(endpointUrl).host;
