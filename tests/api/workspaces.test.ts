import { z } from 'zod';
import { newId } from '../../services/ids';
import { startIdentityApp, withoutInstance, type IdentityApp } from '../support/identity-app';

let app: IdentityApp;
beforeAll(async () => {
  app = await startIdentityApp();
});
afterAll(() => app.stop());

describe('a workspace', () => {
  it('is listed page by page, read and renamed', async () => {
    const ada = await app.settle('Ada');
    const second = await app.found(ada.userId, 'Second');
    const token = ada.accessToken;
    const Page = z.object({
      workspaces: z.array(z.object({ id: z.string() })),
      nextCursor: z.string().nullable(),
    });
    const first = Page.parse((await app.call('GET', '/v1/workspaces?limit=1', { token })).body);
    const rest = Page.parse(
      (await app.call('GET', `/v1/workspaces?limit=1&cursor=${first.nextCursor}`, { token })).body,
    );
    expect([...first.workspaces, ...rest.workspaces].map((w) => w.id)).toEqual([ada.workspaceId, second]);
    expect(rest.nextCursor).toBeNull();
    const renamed = await app.call('PATCH', `/v1/workspaces/${second}`, { token, body: { name: 'Loft' } });
    expect(renamed.body).toMatchObject({ id: second, name: 'Loft', role: 'owner' });
    const { rows } = await app.database.admin.query(
      'SELECT actor, action FROM audit WHERE workspace_id = $1',
      [second],
    );
    expect(rows).toEqual([{ actor: ada.userId, action: 'workspace.renamed' }]);
  });

  it('of others answers like a missing or malformed one, at every door', async () => {
    const [ada, bob] = [await app.settle('Ada'), await app.settle('Bob')];
    const doors: ReadonlyArray<readonly [string, string, unknown?]> = [
      ['GET', ''],
      ['PATCH', '', { name: 'Mine' }],
      ['GET', '/members'],
      ['POST', '/members', { email: ada.email, role: 'owner' }],
      ['DELETE', `/members/${bob.userId}`],
      ['DELETE', `/members/${ada.userId}`],
    ];
    for (const [method, rest, body] of doors) {
      const answers = await Promise.all(
        [bob.workspaceId, newId('workspace'), 'nonsense', 'ws_%00', '%ff'].map((id) =>
          app.call(method, `/v1/workspaces/${id}${rest}`, { token: ada.accessToken, body }),
        ),
      );
      expect(answers[0]?.body).toMatchObject({ status: 404, code: 'not_found' });
      // A broken escape does not even name a workspace.
      expect(new Set(answers.slice(0, -1).map(withoutInstance)).size).toBe(1);
      expect(answers.at(-1)?.status).toBe(404);
    }
  });

  it('is not asked for in unknown ways', async () => {
    const { accessToken: token } = await app.settle('Ada');
    for (const [query, pointer] of [
      ['limit=0', '/limit'],
      ['limit=x', '/limit'],
      ['page=2', '/page'],
      ['limit=1&limit=2', '/limit'],
    ] as const) {
      const { body } = await app.call('GET', `/v1/workspaces?${query}`, { token });
      expect(body).toMatchObject({
        status: 422,
        code: 'invalid_input',
        errors: [expect.objectContaining({ pointer })],
      });
    }
    const { body } = await app.call('GET', '/v1/workspaces?cursor=%00', { token });
    expect(body).toMatchObject({ status: 422, code: 'invalid_input' });
  });
});

describe('members', () => {
  it('are added, given another role and removed by an owner; what they may do follows at once', async () => {
    const [ada, bob] = [await app.settle('Ada'), await app.settle('Bob')];
    const path = `/v1/workspaces/${ada.workspaceId}`;
    const put = (role: string) =>
      app.call('POST', `${path}/members`, { token: ada.accessToken, body: { email: bob.email, role } });
    const rename = () => app.call('PATCH', path, { token: bob.accessToken, body: { name: 'Bob was here' } });
    expect((await rename()).status).toBe(404);
    expect((await put('viewer')).status).toBe(201);
    expect((await rename()).body).toMatchObject({ status: 403, scope: 'members:write' });
    expect((await put('admin')).status).toBe(200);
    expect((await rename()).status).toBe(200);
    const { body } = await app.call('GET', `${path}/members`, { token: bob.accessToken });
    expect(
      z
        .object({ members: z.array(z.object({ role: z.string() })) })
        .parse(body)
        .members.map((m) => m.role)
        .sort(),
    ).toEqual(['admin', 'owner']);
    expect(
      (await app.call('DELETE', `${path}/members/${bob.userId}`, { token: ada.accessToken })).status,
    ).toBe(204);
    expect((await rename()).status).toBe(404);
    const gone = await Promise.all(
      [bob.userId, newId('user'), 'x'].map((id) =>
        app.call('DELETE', `${path}/members/${id}`, { token: ada.accessToken }),
      ),
    );
    expect(gone[0]?.status).toBe(404);
    expect(new Set(gone.map(withoutInstance)).size).toBe(1);
  });

  it('may leave by themselves, but not remove others, nor leave by a token that reads; the last owner stays', async () => {
    const [ada, bob] = [await app.settle('Ada'), await app.settle('Bob')];
    await app.join(ada.workspaceId, bob, 'viewer');
    const remove = (userId: string, token: string) =>
      app.call('DELETE', `/v1/workspaces/${ada.workspaceId}/members/${userId}`, { token });
    const reader = await app.mint(bob.accessToken, {
      workspaceId: ada.workspaceId,
      scopes: ['workspaces:read'],
    });
    expect((await remove(ada.userId, bob.accessToken)).status).toBe(403);
    expect((await remove(bob.userId, reader)).status).toBe(403);
    expect((await remove(bob.userId, bob.accessToken)).status).toBe(204);
    expect((await remove(ada.userId, ada.accessToken)).body).toMatchObject({
      status: 409,
      code: 'last_owner',
    });
  });
});
