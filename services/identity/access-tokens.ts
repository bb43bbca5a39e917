import jwt from 'jsonwebtoken';
import { z } from 'zod';
import type { Config } from '../config';

/** Short, because nothing but its session can take it back: seconds. */
export const ACCESS_TOKEN_SECONDS = 600;

/** The claims that are ours; `typ` keeps other tokens signed with the same secret from passing as this one. */
export const AccessClaims = z.object({ sub: z.string(), sid: z.string(), typ: z.literal('access') });

/** HS256 and no other algorithm, whatever a token's header says. */
export const ACCESS_TOKEN = { algorithm: 'HS256', issuer: 'sagatable', audience: 'sagatable-api' } as const;

/** Signs access tokens; the door verifies them with passport-jwt. */
export function createAccessTokens({ config }: { readonly config: Pick<Config, 'jwtSecret'> }) {
  return {
    sign: ({ userId, sessionId }: { userId: string; sessionId: string }): string =>
      jwt.sign({ sid: sessionId, typ: 'access' }, config.jwtSecret, {
        ...ACCESS_TOKEN,
        subject: userId,
        expiresIn: ACCESS_TOKEN_SECONDS,
      }),
  };
}

export type AccessTokens = ReturnType<typeof createAccessTokens>;
