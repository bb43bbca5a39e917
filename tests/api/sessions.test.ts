import { z } from 'zod';
import { PASSWORD } from '../support/people';
import { startIdentityApp, withoutInstance, type IdentityApp } from '../support/identity-app';
import { newId } from '../../services/ids';

let app: IdentityApp;
beforeAll(async () => {
  app = await startIdentityApp();
});
afterAll(() => app.stop());

const Sessions = z.object({
  sessions: z.array(z.object({ id: z.string(), device: z.string(), current: z.boolean() })),
});
const listSessions = async (token: string) =>
  Sessions.parse((await app.call('GET', '/v1/sessions', { token })).body).sessions;

describe('signing in', () => {
  it('takes the e-mail address in any case, and answers a pair of tokens', async () => {
    const { email } = await app.register('Ada');
    const answer = await app.call('POST', '/v1/sessions', {
      body: { email: email.toUpperCase(), password: PASSWORD },
    });
    expect(answer.status).toBe(201);
    expect(answer.body).toEqual({
      accessToken: expect.any(String) as string,
      refreshToken: expect.any(String) as string,
      expiresIn: 600,
    });
  });

  it('does not tell a wrong password from an unknown address', async () => {
    const { email } = await app.register('Ada');
    const wrong = await app.call('POST', '/v1/sessions', { body: { email, password: 'wrong' } });
    const unknown = await app.call('POST', '/v1/sessions', {
      body: { email: 'nobody@example.com', password: 'wrong' },
    });
    expect(wrong.status).toBe(401);
    expect(wrong.body).toMatchObject({ code: 'invalid_credentials' });
    expect(withoutInstance(wrong)).toBe(withoutInstance(unknown));
  });

  it('is limited to five attempts a minute, with the right password too, and says when to try again', async () => {
    const { email } = await app.register('Ada');
    const attempt = (password: string) => app.call('POST', '/v1/sessions', { body: { email, password } });
    for (let i = 0; i < 5; i++) expect((await attempt('wrong')).status).toBe(401);
    const refused = await attempt(PASSWORD);
    expect([refused.status, refused.body]).toEqual([
      429,
      expect.objectContaining({ code: 'too_many_attempts' }),
    ]);
    const retryAfter = Number(refused.headers.get('retry-after'));
    expect(retryAfter).toBeGreaterThan(50);
    expect(retryAfter).toBeLessThanOrEqual(60);
  });

  it('with the right password is not counted', async () => {
    const { email } = await app.register('Ada');
    for (let i = 0; i < 7; i++) await app.signIn(email);
  });
});

describe('refreshing', () => {
  it('replaces the pair, gives the same one again for a lost answer, and ends the family when an old one comes back', async () => {
    const ada = await app.settle('Ada');
    const refresh = (refreshToken: string) =>
      app.call('POST', '/v1/sessions/refresh', { body: { refreshToken } });
    const Pair = z.object({ accessToken: z.string(), refreshToken: z.string() });
    const second = Pair.parse((await refresh(ada.refreshToken)).body);
    expect(second.refreshToken).not.toBe(ada.refreshToken);
    expect(Pair.parse((await refresh(ada.refreshToken)).body).refreshToken).toBe(second.refreshToken);
    const third = Pair.parse((await refresh(second.refreshToken)).body);
    const reused = await refresh(ada.refreshToken);
    expect([reused.status, reused.body]).toEqual([
      401,
      expect.objectContaining({ code: 'refresh_token_reused' }),
    ]);
    expect((await refresh(third.refreshToken)).body).toMatchObject({ code: 'session_ended' });
    expect((await app.call('GET', '/v1/users/me', { token: third.accessToken })).status).toBe(401);
  });
});

describe('sessions', () => {
  it('are listed with device and use, and ended one by one', async () => {
    const ada = await app.settle('Ada');
    await app.call('POST', '/v1/sessions', {
      body: { email: ada.email, password: PASSWORD },
      headers: { 'user-agent': 'a phone' },
    });
    const all = await listSessions(ada.accessToken);
    expect(all.map((s) => s.current).sort()).toEqual([false, true]);
    const phone = all.find((s) => !s.current);
    expect(phone?.device).toBe('a phone');
    const path = `/v1/sessions/${phone?.id}`;
    expect((await app.call('DELETE', path, { token: ada.accessToken })).status).toBe(204);
    expect((await app.call('DELETE', path, { token: ada.accessToken })).status).toBe(404);
    expect((await listSessions(ada.accessToken)).map((s) => s.current)).toEqual([true]);
  });

  it('of another user answer like missing and malformed ones', async () => {
    const [ada, bob] = [await app.settle('Ada'), await app.settle('Bob')];
    const [bobs] = await listSessions(bob.accessToken);
    const answers = await Promise.all(
      [bobs?.id, newId('session'), 'nonsense', '%00'].map((id) =>
        app.call('DELETE', `/v1/sessions/${id}`, { token: ada.accessToken }),
      ),
    );
    expect(answers[0]?.status).toBe(404);
    expect(new Set(answers.map(withoutInstance)).size).toBe(1);
    expect(await listSessions(bob.accessToken)).toHaveLength(1);
  });

  it('are out of reach of tokens', async () => {
    const ada = await app.settle('Ada');
    const token = await app.mint(ada.accessToken, {
      workspaceId: ada.workspaceId,
      scopes: ['users:read', 'users:write'],
    });
    for (const [method, path] of [
      ['GET', '/v1/sessions'],
      ['DELETE', '/v1/sessions/current'],
    ] as const) {
      expect((await app.call(method, path, { token })).body).toMatchObject({
        status: 403,
        code: 'session_needed',
      });
    }
  });
});

describe('one’s own profile', () => {
  it('is read and changed, and a wrong change changes nothing', async () => {
    const { accessToken: token } = await app.settle('Ada');
    const change = (body: unknown) => app.call('PATCH', '/v1/users/me', { token, body });
    expect((await change({ timeZone: 'Europe/Berlin' })).body).toMatchObject({
      name: 'Ada',
      timeZone: 'Europe/Berlin',
    });
    expect((await change({ name: 'Ada L.', timeZone: 'Mars/Olympus' })).body).toMatchObject({
      status: 422,
      errors: [{ pointer: '/timeZone', message: expect.stringContaining('IANA') as string }],
    });
    expect((await app.call('GET', '/v1/users/me', { token })).body).toMatchObject({ name: 'Ada' });
  });
});
