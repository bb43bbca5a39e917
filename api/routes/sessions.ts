import { Router, type Request, type Response } from 'express';
import { SagatableError } from '../../contracts/errors';
import { Credentials, RefreshInput, type TokenPair } from '../../contracts/identity';
import { ACCESS_TOKEN_SECONDS } from '../../services/identity/access-tokens';
import { createSignInAttempts } from '../../services/identity/attempts';
import { SESSION_COOKIE } from '../../services/identity/browser-sessions';
import { actorOf } from '../authenticate';
import type { ApiContext } from '../context';
import { parseBody, parseId } from '../parse';

interface Dependencies {
  readonly config: Pick<ApiContext['config'], 'apiUrl' | 'redisPrefix'>;
  readonly services: Pick<
    ApiContext['services'],
    'sessions' | 'users' | 'accessTokens' | 'browserSessions' | 'redis'
  >;
}

/** Signing in, staying signed in, signing out. */
export function createSessionRoutes({ config, services }: Dependencies): Router {
  const { sessions, users, accessTokens, browserSessions } = services;
  const attempts = createSignInAttempts(services.redis, config.redisPrefix);
  const router = Router();
  const cookie = {
    httpOnly: true,
    sameSite: 'strict',
    path: '/',
    secure: config.apiUrl.startsWith('https:'),
  } as const;

  function answerWith(
    res: Response,
    status: number,
    s: { userId: string; sessionId: string; refreshToken: string },
  ): void {
    // For Temporal's Web UI and its codec, which know cookies only; no route of the API accepts it.
    res.cookie(SESSION_COOKIE, browserSessions.cookieValue(s.sessionId), cookie);
    const pair: TokenPair = {
      accessToken: accessTokens.sign(s),
      refreshToken: s.refreshToken,
      expiresIn: ACCESS_TOKEN_SECONDS,
    };
    res.status(status).json(pair);
  }

  router.post('/v1/sessions', async (req, res) => {
    const { email, password } = parseBody(Credentials, req);
    const address = req.ip ?? 'unknown';
    await attempts.count(email, address);
    const userId = await users.authenticate(email, password);
    await attempts.forget(email, address);
    const session = await sessions.start(userId, { userAgent: req.get('user-agent') });
    answerWith(res, 201, { userId, ...session });
  });

  router.post('/v1/sessions/refresh', async (req, res) => {
    const { refreshToken } = parseBody(RefreshInput, req);
    answerWith(res, 200, await sessions.rotate(refreshToken));
  });

  router.get('/v1/sessions', async (req, res) => {
    const { userId, sessionId } = sessionOf(req);
    const all = await sessions.list(userId);
    res.json({ sessions: all.map((s) => ({ ...s, current: s.id === sessionId })), nextCursor: null });
  });

  router.delete('/v1/sessions/current', async (req, res) => {
    const { userId, sessionId } = sessionOf(req);
    await sessions.revoke(sessionId, userId);
    res.clearCookie(SESSION_COOKIE, cookie).status(204).end();
  });

  router.delete('/v1/sessions/:sessionId', async (req, res) => {
    const { userId } = sessionOf(req);
    const revoked = await sessions.revoke(parseId('session', req), userId);
    if (!revoked) throw new SagatableError('NotFound', 'There is no such session.');
    res.status(204).end();
  });
  return router;
}

/** The session that asks. A token must not look at sessions or end them: it would reach further than its scopes. */
function sessionOf(req: Request): { userId: string; sessionId: string } {
  const { userId, via, credentialId } = actorOf(req);
  if (via === 'session') return { userId, sessionId: credentialId };
  throw new SagatableError('Forbidden', 'Sessions are for people who are signed in, not for tokens.', {
    code: 'session_needed',
  });
}
