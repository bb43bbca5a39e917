import jwt from 'jsonwebtoken';
import { newId } from '../../services/ids';
import { startIdentityApp, withoutInstance, type IdentityApp } from '../support/identity-app';

let app: IdentityApp;
beforeAll(async () => {
  app = await startIdentityApp();
});
afterAll(() => app.stop());

const me = (token?: string) => app.call('GET', '/v1/users/me', token === undefined ? {} : { token });

describe('a request', () => {
  it('without a credential is told how to bring one', async () => {
    const answer = await me();
    expect(answer.status).toBe(401);
    expect(answer.headers.get('www-authenticate')).toBe('Bearer');
    expect(answer.body).toMatchObject({ code: 'unauthenticated' });
  });

  it.each(['Basic YTpi', 'Bearer', 'Bearer a b', 'pat_x'])(
    'with the header %j is refused',
    async (authorization) => {
      const answer = await app.call('GET', '/v1/users/me', { headers: { authorization } });
      expect([answer.status, answer.body]).toEqual([401, expect.objectContaining({ code: 'invalid_token' })]);
    },
  );

  it('that needs no actor is not disturbed by a token of yesterday', async () => {
    const { refreshToken } = await app.settle('Ada');
    const answer = await app.call('POST', '/v1/sessions/refresh', { token: 'stale', body: { refreshToken } });
    expect(answer.status).toBe(200);
  });
});

describe('an access token', () => {
  it('passes for ten minutes, as its user', async () => {
    const ada = await app.settle('Ada');
    expect((await me(ada.accessToken)).body).toMatchObject({ id: ada.userId });
    const { iat = 0, exp = 0, ...claims } = jwt.decode(ada.accessToken, { json: true }) ?? {};
    expect(exp - iat).toBe(600);
    expect(claims).toEqual({
      sub: ada.userId,
      sid: expect.stringMatching(/^ses_/) as string,
      iss: 'sagatable',
      aud: 'sagatable-api',
      typ: 'access',
    });
  });

  it('must be exactly such a one: every other answers the same 401', async () => {
    const ada = await app.settle('Ada');
    const bob = await app.settle('Bob');
    const claims = jwt.decode(ada.accessToken, { json: true }) ?? {};
    const secret = app.config.jwtSecret;
    const sign = (over: object, key: string = secret, options: jwt.SignOptions = { algorithm: 'HS256' }) =>
      jwt.sign({ ...claims, ...over }, key, options);
    expect((await me(sign({}))).status).toBe(200);
    const forged = [
      sign({}, 'another secret of some length, surely'),
      sign({}, '', { algorithm: 'none' }),
      sign({}, secret, { algorithm: 'HS512' }),
      sign({ exp: 1 }),
      sign({ iss: 'somebody' }),
      sign({ aud: 'another' }),
      sign({ typ: 'refresh' }),
      sign({ typ: undefined }),
      sign({ sub: bob.userId }),
      sign({ sid: newId('session') }),
      sign({ sid: undefined }),
      ada.refreshToken,
      'not.a.token',
    ];
    const answers = await Promise.all(forged.map((token) => me(token)));
    expect(new Set(answers.map(withoutInstance))).toEqual(new Set([withoutInstance(await me('another'))]));
    expect(answers[0]?.status).toBe(401);
  });

  it('stops at once when its session is ended, and when its user is gone', async () => {
    const ada = await app.settle('Ada');
    const other = await app.signIn(ada.email);
    expect((await app.call('DELETE', '/v1/sessions/current', { token: ada.accessToken })).status).toBe(204);
    expect((await me(ada.accessToken)).status).toBe(401);
    expect((await me(other.accessToken)).status).toBe(200);
    await app.database.admin.query('DELETE FROM users WHERE id = $1', [ada.userId]);
    expect((await me(other.accessToken)).status).toBe(401);
  });

  it('is not taken from a cookie', async () => {
    const ada = await app.settle('Ada');
    const cookie = `${ada.cookie.split(';')[0]}; access_token=${ada.accessToken}`;
    expect((await app.call('GET', '/v1/users/me', { headers: { cookie } })).status).toBe(401);
  });
});

describe('the cookie of Temporal’s Web UI', () => {
  it('stands for its user until the session ends, and cannot be made up', async () => {
    const ada = await app.settle('Ada');
    expect(ada.cookie).toMatch(/^sagatable_session=ses_[^;]+; Path=\/; HttpOnly; SameSite=Strict$/);
    const pair = ada.cookie.split(';')[0] ?? '';
    const actorFrom = (header?: string) => app.services.browserSessions.actorFromCookie(header);
    expect(await actorFrom(`other=1; ${pair}`)).toMatchObject({ userId: ada.userId, operator: false });
    await app.database.db.system((tx) => app.services.users.setOperator(tx, ada.userId, true));
    expect(await actorFrom(pair)).toMatchObject({ operator: true });
    const sessionId = /ses_[^.]+/.exec(pair)?.[0] ?? '';
    for (const header of [
      undefined,
      '',
      'sagatable_session=',
      `sagatable_session=${sessionId}`,
      `${pair}x`,
      pair.replace('ses_', 'ses_x'),
    ]) {
      expect(await actorFrom(header)).toBeNull();
    }
    await app.services.sessions.revoke(sessionId, ada.userId);
    expect(await actorFrom(pair)).toBeNull();
  });
});

describe('without Redis', () => {
  it('nobody is let in by a session, and nobody signs in; the answer says it will pass', async () => {
    const closed = await startIdentityApp({ redisUrl: 'redis://127.0.0.1:1' });
    try {
      const { userId, email } = await closed.register('Ada');
      const token = closed.services.accessTokens.sign({ userId, sessionId: newId('session') });
      const answers = [
        await closed.call('GET', '/v1/users/me', { token }),
        await closed.call('POST', '/v1/sessions', { body: { email, password: 'whatever' } }),
      ];
      expect(answers.map((a) => [a.status, a.headers.get('retry-after')])).toEqual([
        [503, '2'],
        [503, '2'],
      ]);
      expect(answers.map((a) => a.body)).toEqual([
        expect.objectContaining({ code: 'sessions_unavailable' }),
        expect.objectContaining({ code: 'sign_in_unavailable' }),
      ]);
    } finally {
      await closed.stop();
    }
  });
});
