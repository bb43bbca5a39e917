import { compare, hash } from 'bcrypt';
import { SagatableError } from '../../contracts/errors';

/** 2^11 rounds take about 130 ms on a 2-core machine of 2026: slow for a guesser, not felt by a person. */
export const BCRYPT_COST = 11;
/** bcrypt looks at no more; two longer passwords with the same beginning would be one. */
const MAX_BYTES = 72;
/** Of a random password that nobody kept: compared with where there is no account, so that the answer takes as long. */
export const DUMMY_HASH = '$2b$11$5mWBJ2Mcts87OenU2rXkyewsG/D0.o3Gr94.sSXEfFs3xosXLYXx.';

const isTooLong = (password: string) => Buffer.byteLength(password, 'utf8') > MAX_BYTES;

/** The bcrypt hash of a password, made off the event loop. Throws InvalidInput for one over 72 bytes. */
export async function hashPassword(password: string): Promise<string> {
  if (isTooLong(password)) {
    throw new SagatableError('InvalidInput', 'The password must be at most 72 bytes long in UTF-8.', {
      code: 'password_too_long',
    });
  }
  return hash(password, BCRYPT_COST);
}

/** Whether the password is the one; `passwordHash` is null where there is no such account, and the work is the same. */
export async function verifyPassword(password: string, passwordHash: string | null): Promise<boolean> {
  const matches = await compare(password, passwordHash ?? DUMMY_HASH);
  return matches && passwordHash !== null && !isTooLong(password);
}
