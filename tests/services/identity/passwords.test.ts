import { getRounds } from 'bcrypt';
import { BCRYPT_COST, DUMMY_HASH, hashPassword, verifyPassword } from '../../../services/identity/passwords';

describe('passwords', () => {
  it('are kept as bcrypt hashes that fit the password and no other', async () => {
    const hash = await hashPassword('a long enough password');
    expect(hash).toMatch(/^\$2b\$11\$/);
    expect(await verifyPassword('a long enough password', hash)).toBe(true);
    expect(await verifyPassword('a long enough passwore', hash)).toBe(false);
  });

  it('are refused over 72 bytes rather than cut, in characters of any width', async () => {
    await expect(hashPassword('é'.repeat(37))).rejects.toMatchObject({
      kind: 'InvalidInput',
      code: 'password_too_long',
      message: expect.stringContaining('72 bytes') as string,
    });
    const hash = await hashPassword('x'.repeat(72));
    expect(await verifyPassword('x'.repeat(72), hash)).toBe(true);
    expect(await verifyPassword(`${'x'.repeat(72)}y`, hash)).toBe(false);
  });

  it('are not cut at a zero character either', async () => {
    const hash = await hashPassword('begin\u0000end-of-it');
    expect(await verifyPassword('begin\u0000another-end', hash)).toBe(false);
  });

  it('cost as much where there is no account', async () => {
    expect(getRounds(DUMMY_HASH)).toBe(BCRYPT_COST);
    expect(await verifyPassword('whatever it may be', null)).toBe(false);
  });
});
