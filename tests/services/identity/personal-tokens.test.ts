import { createPersonalTokens } from '../../../services/identity/personal-tokens';
import { createTestDatabase, type TestDatabase } from '../../support/database';
import { createPeople } from '../../support/people';

let database: TestDatabase;
let people: ReturnType<typeof createPeople>;
let tokens: ReturnType<typeof createPersonalTokens>;
beforeAll(async () => {
  database = await createTestDatabase();
  people = createPeople(database.db);
  tokens = createPersonalTokens({ db: database.db });
});
afterAll(() => database.drop());

async function owner() {
  const { userId, email } = await people.register('Ada');
  return { userId, email, workspaceId: await people.found(userId) };
}
const create = (by: { userId: string; workspaceId: string }, name = 'Script') =>
  database.db.system((tx) =>
    tokens.create(tx, {
      ...by,
      name,
      scopes: ['data.records:read', 'data.records:write'],
      expiresInDays: 30,
    }),
  );
const usedAt = async (id: string) =>
  (
    await database.admin.query<{ at: Date | null }>(
      'SELECT last_used_at AS at FROM personal_tokens WHERE id = $1',
      [id],
    )
  ).rows[0]?.at;

describe('a personal access token', () => {
  it('is shown once and kept as a digest', async () => {
    const { userId, workspaceId } = await owner();
    const { view, token } = await create({ userId, workspaceId });
    expect(token).toMatch(/^pat_[0-9A-Za-z]{43}$/);
    expect(await tokens.authenticateToken(token)).toEqual({
      tokenId: view.id,
      userId,
      workspaceId,
      scopes: ['data.records:read', 'data.records:write'],
      role: 'owner',
    });
    const { rows } = await database.admin.query('SELECT * FROM personal_tokens WHERE id = $1', [view.id]);
    expect(JSON.stringify(rows)).not.toContain(token);
  });

  it.each(['', 'pat_', 'pat_unknown', 'another', 'pat_\u0000'])('is nobody when it is %j', async (bearer) => {
    expect(await tokens.authenticateToken(bearer)).toBeNull();
  });

  it('stops when it expires', async () => {
    const { view, token } = await create(await owner());
    await database.admin.query(`UPDATE personal_tokens SET expires_at = now() WHERE id = $1`, [view.id]);
    expect(await tokens.authenticateToken(token)).toBeNull();
  });

  it('does no more than its holder still may: less with a lesser role, nothing after leaving', async () => {
    const boss = await owner();
    const bob = await people.register('Bob');
    await people.join(boss.workspaceId, bob, 'admin');
    const { token } = await create({ userId: bob.userId, workspaceId: boss.workspaceId });
    await people.join(boss.workspaceId, bob, 'viewer');
    expect(await tokens.authenticateToken(token)).toMatchObject({ scopes: ['data.records:read'] });
    await database.admin.query('DELETE FROM memberships WHERE user_id = $1', [bob.userId]);
    expect(await tokens.authenticateToken(token)).toBeNull();
  });

  it('stops, like the engine’s own, while its workspace is being deleted', async () => {
    const by = await owner();
    const { token } = await create(by);
    const engineToken = await database.db.system((tx) => tokens.mintEngineToken(tx, by));
    await database.admin.query('UPDATE workspaces SET closed_at = now() WHERE workspace_id = $1', [
      by.workspaceId,
    ]);
    expect(await tokens.authenticateToken(token)).toBeNull();
    expect(await tokens.authenticateToken(engineToken)).toBeNull();
  });

  it('notes its use at most once a minute', async () => {
    const { view, token } = await create(await owner());
    expect(view.lastUsedAt).toBeNull();
    await tokens.authenticateToken(token);
    const first = await usedAt(view.id);
    expect(first).toBeInstanceOf(Date);
    await tokens.authenticateToken(token);
    expect(await usedAt(view.id)).toEqual(first);
    await database.admin.query(
      `UPDATE personal_tokens SET last_used_at = now() - interval '61 seconds' WHERE id = $1`,
      [view.id],
    );
    await tokens.authenticateToken(token);
    expect((await usedAt(view.id))?.getTime()).toBeGreaterThanOrEqual(first?.getTime() ?? Infinity);
  });

  it('is listed page by page, newest first, and revoked by its own user only', async () => {
    const by = await owner();
    const made = [];
    for (const name of ['one', 'two', 'three']) made.unshift((await create(by, name)).view);
    const first = await tokens.list(by.userId, { limit: 2 });
    const second = await tokens.list(by.userId, { limit: 2, after: first.nextCursor ?? '' });
    expect([...first.tokens, ...second.tokens]).toEqual(made);
    expect(second.nextCursor).toBeNull();
    const [newest] = made;
    const stranger = await owner();
    const revoke = (userId: string) =>
      database.db.system((tx) => tokens.revoke(tx, userId, newest?.id ?? ''));
    await expect(revoke(stranger.userId)).rejects.toMatchObject({ kind: 'NotFound' });
    await revoke(by.userId);
    await expect(revoke(by.userId)).rejects.toMatchObject({ kind: 'NotFound' });
  });
});

describe('the engine’s own token', () => {
  it('writes records, is never listed or revoked by a person, and goes with its workspace', async () => {
    const by = await owner();
    const token = await database.db.system((tx) => tokens.mintEngineToken(tx, by));
    const found = await tokens.authenticateToken(token);
    expect(found?.scopes).toEqual([
      'data.records:read',
      'data.records:write',
      'data.recordComments:read',
      'data.recordComments:write',
      'schema.bases:read',
      'schema.bases:write',
      'webhook:manage',
    ]);
    expect((await tokens.list(by.userId, { limit: 10 })).tokens).toEqual([]);
    await expect(
      database.db.system((tx) => tokens.revoke(tx, by.userId, found?.tokenId ?? '')),
    ).rejects.toMatchObject({ kind: 'NotFound' });
    await database.db.system((tx) => tokens.removeTokensOf(tx, by.workspaceId));
    expect(await tokens.authenticateToken(token)).toBeNull();
  });
});
