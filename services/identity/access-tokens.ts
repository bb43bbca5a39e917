import jwt from 'jsonwebtoken';
import { z } from 'zod';
import type { Config } from '../config';

/** Short, because nothing but its session can take it back: seconds. */
export const ACCESS_TOKEN_SECONDS = 600;

/** The claims that are ours; `typ` keeps other tokens signed with the same secret from passing as this one. */
export const AccessClaims = z.object({ sub: z.string(), sid: z.string(), typ: z.literal('access') });

/** Access tokens: JWT, HS256 and no other algorithm, whatever the token's header says. */
export function createAccessTokens({ config }: { readonly config: Pick<Config, 'jwtSecret'> }) {
  /** What a token is verified with. */
  const verification = {
    secretOrKey: config.jwtSecret,
    algorithms: ['HS256' as const],
    issuer: 'sagatable',
    audience: 'sagatable-api',
  };
  return {
    verification,

    sign: ({ userId, sessionId }: { userId: string; sessionId: string }): string =>
      jwt.sign({ sid: sessionId, typ: 'access' }, config.jwtSecret, {
        algorithm: 'HS256',
        subject: userId,
        issuer: verification.issuer,
        audience: verification.audience,
        expiresIn: ACCESS_TOKEN_SECONDS,
      }),
  };
}

export type AccessTokens = ReturnType<typeof createAccessTokens>;
