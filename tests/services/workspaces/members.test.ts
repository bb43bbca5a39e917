import type { Role } from '../../../contracts/workspaces';
import { createPersonalTokens } from '../../../services/identity/personal-tokens';
import { newId } from '../../../services/ids';
import { createMembers } from '../../../services/workspaces/members';
import { createTestDatabase, type TestDatabase } from '../../support/database';
import { createPeople } from '../../support/people';

let database: TestDatabase;
let people: ReturnType<typeof createPeople>;
let members: ReturnType<typeof createMembers>;
beforeAll(async () => {
  database = await createTestDatabase();
  people = createPeople(database.db);
  members = createMembers({ db: database.db });
});
afterAll(() => database.drop());

async function workshop() {
  const owner = await people.register('Owner');
  const workspaceId = await people.found(owner.userId);
  const by = (role: Role, userId = owner.userId) => ({ userId, role });
  return {
    owner,
    workspaceId,
    add: (email: string, role: Role, as: Role = 'owner') =>
      database.db.system((tx) => members.add(tx, workspaceId, { email, role }, by(as))),
    remove: (userId: string, as: Role = 'owner', who = owner.userId) =>
      database.db.system((tx) => members.remove(tx, workspaceId, userId, by(as, who))),
    roles: async () => (await members.list(workspaceId, { limit: 100 })).members.map((m) => m.role).sort(),
  };
}

describe('members', () => {
  it('are added by e-mail address, and adding one again changes the role', async () => {
    const { add, workspaceId } = await workshop();
    const bob = await people.register('Bob');
    expect(await add(bob.email, 'viewer')).toMatchObject({
      added: true,
      member: { ...bob, name: 'Bob', role: 'viewer' },
    });
    expect(await add(bob.email, 'editor')).toMatchObject({ added: false, member: { role: 'editor' } });
    expect(await members.roleOf(bob.userId, workspaceId)).toBe('editor');
    expect(await members.roleOf(newId('user'), workspaceId)).toBeUndefined();
  });

  it('must be registered', async () => {
    const { add } = await workshop();
    await expect(add('nobody@example.com', 'viewer')).rejects.toMatchObject({
      kind: 'NotFound',
      code: 'no_such_user',
    });
  });

  it('are listed page by page', async () => {
    const { add, workspaceId, owner } = await workshop();
    const ids = [owner.userId];
    for (const name of ['Ann', 'Ben', 'Cem']) {
      const user = await people.register(name);
      await add(user.email, 'viewer');
      ids.push(user.userId);
    }
    const seen: string[] = [];
    let after: string | undefined;
    do {
      const page = await members.list(workspaceId, { limit: 3, after });
      seen.push(...page.members.map((m) => m.userId));
      after = page.nextCursor ?? undefined;
    } while (after !== undefined);
    expect(new Set(seen)).toEqual(new Set(ids));
    expect(seen).toHaveLength(4);
  });

  it('lose their tokens of this workspace when they go, and keep those of others', async () => {
    const { add, remove, workspaceId } = await workshop();
    const bob = await people.register('Bob');
    await add(bob.email, 'viewer');
    const own = await people.found(bob.userId);
    const tokens = createPersonalTokens({ db: database.db });
    for (const id of [workspaceId, own]) {
      const asked = {
        userId: bob.userId,
        workspaceId: id,
        name: 'Script',
        scopes: ['workspaces:read' as const],
        expiresInDays: 1,
      };
      await database.db.system((tx) => tokens.create(tx, asked));
    }
    await remove(bob.userId);
    expect((await tokens.list(bob.userId, { limit: 10 })).tokens.map((t) => t.workspaceId)).toEqual([own]);
    await expect(remove(bob.userId)).rejects.toMatchObject({ kind: 'NotFound' });
  });
});

describe('an owner', () => {
  it('is made, changed and removed by owners only', async () => {
    const { add, remove, owner } = await workshop();
    const bob = await people.register('Bob');
    const forbidden = { kind: 'Forbidden', code: 'owners_only' };
    await expect(add(bob.email, 'owner', 'admin')).rejects.toMatchObject(forbidden);
    await expect(add(owner.email, 'viewer', 'admin')).rejects.toMatchObject(forbidden);
    await expect(remove(owner.userId, 'admin', bob.userId)).rejects.toMatchObject(forbidden);
    await add(bob.email, 'owner');
    await remove(owner.userId);
  });

  it('cannot leave or step down as the last one', async () => {
    const { add, remove, owner, roles } = await workshop();
    await expect(remove(owner.userId)).rejects.toMatchObject({ kind: 'Conflict', code: 'last_owner' });
    await expect(add(owner.email, 'viewer')).rejects.toMatchObject({ code: 'last_owner' });
    expect(await roles()).toEqual(['owner']);
  });

  it('stays when two leave at the same moment', async () => {
    const { add, remove, owner, roles } = await workshop();
    const bob = await people.register('Bob');
    await add(bob.email, 'owner');
    const outcomes = await Promise.allSettled([
      remove(owner.userId),
      remove(bob.userId, 'owner', bob.userId),
    ]);
    expect(outcomes.map((o) => o.status).sort()).toEqual(['fulfilled', 'rejected']);
    expect(await roles()).toEqual(['owner']);
  });
});
