import { createHmac, timingSafeEqual } from 'node:crypto';
import type { Actor } from '../../contracts/identity';
import { ALL_SCOPES } from '../../contracts/scopes';
import type { Config } from '../config';
import type { Sessions } from './sessions';
import type { Users } from './users';

export const SESSION_COOKIE = 'sagatable_session';

interface Dependencies {
  readonly config: Pick<Config, 'jwtSecret'>;
  readonly sessions: Pick<Sessions, 'userOf'>;
  readonly users: Pick<Users, 'findStanding'>;
}

/**
 * The cookie by which Temporal's Web UI and its codec know an operator. It names a session and is signed; no
 * other route accepts it, so it cannot be made use of across sites.
 */
export function createBrowserSessions({ config, sessions, users }: Dependencies) {
  const sign = (sessionId: string) =>
    createHmac('sha256', config.jwtSecret).update(`cookie:${sessionId}`).digest('base64url');

  return {
    cookieValue: (sessionId: string): string => `${sessionId}.${sign(sessionId)}`,

    /**
     * Who a Cookie header stands for; null when it has no such cookie, it was tampered with, or its session has ended.
     * Throws Unavailable when sessions cannot be checked.
     */
    async actorFromCookie(header: string | undefined): Promise<Actor | null> {
      const [sessionId = '', signature = ''] = readCookie(header ?? '').split('.');
      const [given, expected] = [Buffer.from(signature), Buffer.from(sign(sessionId))];
      if (given.length !== expected.length || !timingSafeEqual(given, expected)) return null;
      const userId = await sessions.userOf(sessionId);
      const standing = userId === undefined ? undefined : await users.findStanding(userId);
      if (userId === undefined || !standing) return null;
      const { operator } = standing;
      return {
        userId,
        via: 'session',
        credentialId: sessionId,
        scopes: ALL_SCOPES,
        workspaceId: null,
        operator,
      };
    },
  };
}

export type BrowserSessions = ReturnType<typeof createBrowserSessions>;

function readCookie(header: string): string {
  const pairs = header.split(';').map((pair) => pair.trim());
  return pairs.find((pair) => pair.startsWith(`${SESSION_COOKIE}=`))?.slice(SESSION_COOKIE.length + 1) ?? '';
}
