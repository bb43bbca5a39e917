import { createHash } from 'node:crypto';
import type { GatewayLimits } from '../limits';

/** A limit that requests are paced by, never in a burst. */
export interface Pace {
  readonly key: string;
  readonly perSecond: number;
  /** Most requests that the other side lets arrive in any second; 0 where it does not count. */
  readonly window: number;
}

/** The limits of one call. Slots are given out by `line`; the others can only put them off. */
export interface CallPaces {
  /** Of a base: all connections and tenants together, as Airtable counts. Of a call of no base: the user's. */
  readonly line: Pace;
  /** What the connection may use of the base. */
  readonly share?: Pace;
  /** The Airtable user, whatever the token. */
  readonly user?: Pace;
  /** Where the calls go to. */
  readonly host: string;
  /** Between these a line is fair. */
  readonly workspace: string;
  /** Those of one owner go in the order in which they came. */
  readonly owner: string;
}

/** Which limit a 429 speaks of: the base's is the likelier by far, but a call of no base can only have met the user's. */
export function pacePutToRest({ line, user }: CallPaces): Pace {
  return user && line.key === lineKeyOf(user) ? user : line;
}

/** Calls of no base stand in a line of their user's. */
const lineKeyOf = (user: Pace) => `${user.key}:line`;

interface PacedConnection {
  readonly endpoint: { readonly url: string; readonly kind: 'engine' | 'airtable' };
  readonly token: string;
  readonly airtableUser: string | null;
  readonly share?: number | null | undefined;
  /** Undefined for one that is not saved. */
  readonly saved: { readonly workspaceId: string; readonly id: string } | undefined;
}

/** Gives the limits of a connection's calls; undefined for a call that none holds for. */
export function createPaces(
  { endpoint, token, airtableUser, share, saved }: PacedConnection,
  limits: GatewayLimits,
  redisPrefix: string,
): (baseId: string | null) => CallPaces | undefined {
  const { host } = new URL(endpoint.url);
  const prefix = `${redisPrefix}pace:${host}:`;
  const counted = endpoint.kind === 'airtable';
  const pace = !counted
    ? limits.pace.engine
    : host === 'api.airtable.com'
      ? limits.pace.airtable
      : (limits.pace.listed ?? limits.pace.airtable);
  const digest = createHash('sha256').update(token).digest('hex').slice(0, 32);
  const owner = saved?.id ?? digest;
  const workspace = saved?.workspaceId ?? digest;
  const ofShare = counted ? (share ?? pace.share) : undefined;
  const windowOf = (perSecond: number) => (counted ? Math.ceil(perSecond) : 0);
  const user: Pace | undefined =
    pace.perUser === undefined
      ? undefined
      : {
          key: `${prefix}user:${airtableUser ?? digest}`,
          perSecond: pace.perUser,
          window: windowOf(pace.perUser),
        };

  return (baseId) => {
    if (baseId === null) {
      return user && { line: { ...user, key: lineKeyOf(user), window: 0 }, user, host, workspace, owner };
    }
    const key = `${prefix}${baseId}`;
    return {
      line: { key, perSecond: pace.perBase, window: windowOf(pace.perBase) },
      ...(ofShare === undefined
        ? {}
        : { share: { key: `${key}:share:${owner}`, perSecond: ofShare, window: 0 } }),
      ...(user ? { user } : {}),
      host,
      workspace,
      owner,
    };
  };
}
