import type { Request, RequestHandler, Response } from 'express';
import { Passport } from 'passport';
import { ExtractJwt, Strategy } from 'passport-jwt';
import { SagatableError } from '../contracts/errors';
import type { Actor } from '../contracts/identity';
import { ALL_SCOPES } from '../contracts/scopes';
import { ACCESS_TOKEN, AccessClaims } from '../services/identity/access-tokens';
import { TOKEN_PREFIX } from '../services/identity/personal-tokens';
import type { ApiContext } from './context';

/** What a request brought: who acts, or why nobody does. */
type Credential = { readonly actor: Actor } | { readonly refusal: Error };

declare module 'express-serve-static-core' {
  interface Request {
    credential?: Credential;
  }
}

interface Dependencies {
  readonly config: Pick<ApiContext['config'], 'jwtSecret'>;
  readonly services: Pick<ApiContext['services'], 'sessions' | 'users' | 'personalTokens'>;
}

/** Who acts. Throws Unauthenticated when the request brought no valid credential, Unavailable when that cannot be told. */
export function actorOf(req: Request): Actor {
  const { credential } = req;
  if (credential && 'actor' in credential) return credential.actor;
  throw (
    credential?.refusal ??
    refused('unauthenticated', 'Sign in, or send a personal access token, as `Authorization: Bearer …`.')
  );
}

/**
 * Finds out who acts, from an access token (passport-jwt) or a personal access token. Nobody is turned away here: a
 * route that needs an actor asks `actorOf`, and one that needs none is not disturbed by an old token.
 */
export function createAuthentication({ config, services }: Dependencies): RequestHandler {
  const authenticateSession = createSessionAuthentication({ config, services });

  async function authenticateToken(bearer: string): Promise<Actor | null> {
    const seenAt = performance.now();
    const token = await services.personalTokens.authenticateToken(bearer);
    if (!token) return null;
    const { userId, tokenId, scopes, workspaceId, role } = token;
    const standing = role === null ? {} : { standing: { role, seenAt } };
    return { userId, via: 'token', credentialId: tokenId, scopes, workspaceId, operator: false, ...standing };
  }

  async function credentialOf(req: Request, res: Response): Promise<Credential | undefined> {
    const header = req.get('authorization');
    if (header === undefined) return undefined;
    const bearer = /^Bearer +([^\s]+) *$/i.exec(header)?.[1];
    if (bearer === undefined)
      return {
        refusal: refused('invalid_token', 'The Authorization header must read `Bearer` and a token.'),
      };
    const actor = bearer.startsWith(TOKEN_PREFIX)
      ? await authenticateToken(bearer)
      : await authenticateSession(req, res);
    return actor
      ? { actor }
      : {
          refusal: refused(
            'invalid_token',
            'The token is not valid, or no longer: sign in again or use another one.',
          ),
        };
  }

  return async (req, res, next) => {
    const credential = await credentialOf(req, res).catch((error: unknown) => ({ refusal: asError(error) }));
    if (credential) req.credential = credential;
    next();
  };
}

/** Access tokens, by a Passport of this app alone. Signed is not enough: their session must live, and its user. */
function createSessionAuthentication({ config, services: { sessions, users } }: Dependencies) {
  async function findActor(payload: unknown): Promise<Actor | null> {
    const claims = AccessClaims.safeParse(payload);
    if (!claims.success) return null;
    const { sub, sid } = claims.data;
    const [userId, standing] = await Promise.all([sessions.userOf(sid), users.findStanding(sub)]);
    if (userId !== sub || !standing) return null;
    return {
      userId,
      via: 'session',
      credentialId: sid,
      scopes: ALL_SCOPES,
      workspaceId: null,
      operator: standing.operator,
    };
  }

  const passport = new Passport();
  passport.use(
    new Strategy(
      {
        jwtFromRequest: ExtractJwt.fromAuthHeaderAsBearerToken(),
        secretOrKey: config.jwtSecret,
        algorithms: [ACCESS_TOKEN.algorithm],
        issuer: ACCESS_TOKEN.issuer,
        audience: ACCESS_TOKEN.audience,
      },
      (payload: unknown, done: (error: unknown, actor?: Actor | false) => void) => {
        findActor(payload).then((actor) => done(null, actor ?? false), done);
      },
    ),
  );

  return (req: Request, res: Response): Promise<Actor | null> =>
    new Promise((resolve, reject) => {
      const settle = (error: unknown, actor?: Actor | false | null) => {
        if (error)
          reject(error instanceof Error ? error : new Error('authentication failed', { cause: error }));
        else resolve(actor || null);
      };
      // Passport's own types say `any`.
      const handle = passport.authenticate('jwt', { session: false }, settle) as RequestHandler;
      void handle(req, res, settle);
    });
}

const asError = (thrown: unknown) =>
  thrown instanceof Error ? thrown : new Error('authentication failed', { cause: thrown });

const refused = (code: string, message: string) => new SagatableError('Unauthenticated', message, { code });
