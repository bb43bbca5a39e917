import { z } from 'zod';
import { TokenView } from '../../contracts/identity';
import { newId } from '../../services/ids';
import { startIdentityApp, withoutInstance, type IdentityApp } from '../support/identity-app';

let app: IdentityApp;
beforeAll(async () => {
  app = await startIdentityApp();
});
afterAll(() => app.stop());

const create = (token: string, body: unknown) => app.call('POST', '/v1/tokens', { token, body });

describe('a personal access token', () => {
  it('is shown at its creation and never again', async () => {
    const ada = await app.settle('Ada');
    const created = await create(ada.accessToken, {
      name: 'Script',
      workspaceId: ada.workspaceId,
      scopes: ['workspaces:read'],
    });
    expect(created.status).toBe(201);
    expect(created.body).toMatchObject({ token: expect.stringMatching(/^pat_/) as string, lastUsedAt: null });
    const listed = await app.call('GET', '/v1/tokens', { token: ada.accessToken });
    const { tokens } = z.object({ tokens: z.array(TokenView.strict()) }).parse(listed.body);
    expect(tokens).toEqual([expect.objectContaining({ name: 'Script', scopes: ['workspaces:read'] })]);
  });

  it('does what its scopes say, in its own workspace, and another one is not there', async () => {
    const ada = await app.settle('Ada');
    const otherId = await app.found(ada.userId, 'Other');
    const token = await app.mint(ada.accessToken, {
      workspaceId: ada.workspaceId,
      scopes: ['workspaces:read'],
    });
    expect((await app.call('GET', `/v1/workspaces/${ada.workspaceId}`, { token })).status).toBe(200);
    expect((await app.call('GET', '/v1/workspaces', { token })).body).toMatchObject({
      workspaces: [{ id: ada.workspaceId }],
    });
    const rename = await app.call('PATCH', `/v1/workspaces/${ada.workspaceId}`, {
      token,
      body: { name: 'X' },
    });
    expect(rename.body).toMatchObject({ status: 403, code: 'missing_scope', scope: 'members:write' });
    expect((await app.call('GET', '/v1/users/me', { token })).body).toMatchObject({
      status: 403,
      scope: 'users:read',
    });
    const other = await app.call('GET', `/v1/workspaces/${otherId}`, { token });
    const missing = await app.call('GET', `/v1/workspaces/${newId('workspace')}`, { token });
    expect(other.status).toBe(404);
    expect(withoutInstance(other)).toBe(withoutInstance(missing));
  });

  it('makes only tokens that do no more than itself, and sees only those of its workspace', async () => {
    const ada = await app.settle('Ada');
    const otherId = await app.found(ada.userId, 'Other');
    const beside = await app.mint(ada.accessToken, { workspaceId: otherId, scopes: ['workspaces:read'] });
    const { tokenId: besideId } = (await app.services.personalTokens.authenticateToken(beside)) ?? {};
    const token = await app.mint(ada.accessToken, {
      workspaceId: ada.workspaceId,
      scopes: ['tokens:write', 'users:read'],
    });
    const more = await create(token, {
      name: 'More',
      workspaceId: ada.workspaceId,
      scopes: ['users:read', 'edits:approve'],
    });
    expect(more.body).toMatchObject({ status: 403, code: 'missing_scope', scopes: ['edits:approve'] });
    expect(
      (await create(token, { name: 'Beside', workspaceId: otherId, scopes: ['users:read'] })).status,
    ).toBe(404);
    expect(
      (await create(token, { name: 'Less', workspaceId: ada.workspaceId, scopes: ['users:read'] })).status,
    ).toBe(201);
    const { body } = await app.call('GET', '/v1/tokens', { token });
    expect(
      z
        .object({ tokens: z.array(TokenView) })
        .parse(body)
        .tokens.map((t) => t.name),
    ).toEqual(['Less', 'For a test']);
    expect((await app.call('DELETE', `/v1/tokens/${besideId}`, { token })).status).toBe(404);
  });

  it('of a lesser role cannot be given the scopes of a greater one', async () => {
    const [ada, bob] = [await app.settle('Ada'), await app.settle('Bob')];
    await app.join(ada.workspaceId, bob, 'viewer');
    const answer = await create(bob.accessToken, {
      name: 'N',
      workspaceId: ada.workspaceId,
      scopes: ['data.records:write'],
    });
    expect(answer.body).toMatchObject({ status: 403, scopes: ['data.records:write'] });
  });

  it('stops at once when revoked; of another user it answers like a missing or malformed one', async () => {
    const [ada, bob] = [await app.settle('Ada'), await app.settle('Bob')];
    const token = await app.mint(ada.accessToken, { workspaceId: ada.workspaceId, scopes: ['users:read'] });
    const { tokenId } = (await app.services.personalTokens.authenticateToken(token)) ?? {};
    const answers = await Promise.all(
      [tokenId, newId('token'), 'nonsense'].map((id) =>
        app.call('DELETE', `/v1/tokens/${id}`, { token: bob.accessToken }),
      ),
    );
    expect(answers[0]?.status).toBe(404);
    expect(new Set(answers.map(withoutInstance)).size).toBe(1);
    expect((await app.call('GET', '/v1/users/me', { token })).status).toBe(200);
    expect((await app.call('DELETE', `/v1/tokens/${tokenId}`, { token: ada.accessToken })).status).toBe(204);
    expect((await app.call('GET', '/v1/users/me', { token })).status).toBe(401);
  });

  it('cannot be made for a workspace of others', async () => {
    const [ada, bob] = [await app.settle('Ada'), await app.settle('Bob')];
    const answers = await Promise.all(
      [bob.workspaceId, newId('workspace')].map((workspaceId) =>
        create(ada.accessToken, { name: 'N', workspaceId, scopes: ['users:read'] }),
      ),
    );
    expect(answers[0]?.status).toBe(404);
    expect(new Set(answers.map(withoutInstance)).size).toBe(1);
  });
});
