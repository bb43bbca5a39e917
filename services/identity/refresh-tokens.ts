import { createHash, createHmac, randomBytes, timingSafeEqual } from 'node:crypto';

/**
 * Refresh tokens: `session.secret.mac`. The mac tells a token that was once ours from an invented one, so that knowing
 * a session's id does not suffice to end it. A successor is derived from its predecessor with a key only the server
 * has: the same one can be given again for a lost answer, and still no token is stored.
 */
export function createRefreshTokens(secret: string) {
  const keyFor = (use: string) => createHmac('sha256', secret).update(`refresh:${use}`).digest();
  const [macKey, chainKey] = [keyFor('mac'), keyFor('chain')];

  function seal(sessionId: string, chance: string): string {
    const body = `${sessionId}.${chance}`;
    return `${body}.${createHmac('sha256', macKey).update(body).digest('base64url')}`;
  }

  return {
    first: (sessionId: string): string => seal(sessionId, randomBytes(32).toString('base64url')),

    /** The session of a token that this server made, current or not; undefined for any other text. */
    sessionOf(token: string): string | undefined {
      const [sessionId = '', chance = ''] = token.split('.');
      const [given, expected] = [Buffer.from(token), Buffer.from(seal(sessionId, chance))];
      return given.length === expected.length && timingSafeEqual(given, expected) ? sessionId : undefined;
    },

    successorOf: (token: string, sessionId: string): string =>
      seal(sessionId, createHmac('sha256', chainKey).update(token).digest('base64url')),

    /** What is stored in place of a token. */
    digestOf: (token: string): string => createHash('sha256').update(token).digest('hex'),
  };
}
