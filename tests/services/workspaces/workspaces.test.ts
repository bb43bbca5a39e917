import { newId } from '../../../services/ids';
import { createWorkspaces } from '../../../services/workspaces/workspaces';
import { createTestDatabase, type TestDatabase } from '../../support/database';
import { createPeople } from '../../support/people';

let database: TestDatabase;
let people: ReturnType<typeof createPeople>;
let workspaces: ReturnType<typeof createWorkspaces>;
beforeAll(async () => {
  database = await createTestDatabase();
  people = createPeople(database.db);
  workspaces = createWorkspaces({ db: database.db });
});
afterAll(() => database.drop());

describe('workspaces', () => {
  it('are listed to their members, page by page, oldest first, or the one of a token', async () => {
    const ada = await people.register('Ada');
    const bob = await people.register('Bob');
    const ids = [];
    for (const name of ['First', 'Second', 'Third']) ids.push(await people.found(ada.userId, name));
    await people.found(bob.userId, 'Bob’s');
    const first = await workspaces.listFor(ada.userId, { limit: 2 });
    const second = await workspaces.listFor(ada.userId, { limit: 2, after: first.nextCursor ?? '' });
    expect([...first.workspaces, ...second.workspaces].map((w) => w.id)).toEqual(ids);
    expect(second.nextCursor).toBeNull();
    const only = await workspaces.listFor(ada.userId, { limit: 2, only: ids[1] ?? '' });
    expect(only.workspaces).toEqual([expect.objectContaining({ name: 'Second', role: 'owner' })]);
  });

  it('are renamed, and not there for others, when closed or unknown', async () => {
    const ada = await people.register('Ada');
    const bob = await people.register('Bob');
    const id = await people.found(ada.userId);
    const rename = (workspaceId: string) =>
      database.db.tenant(workspaceId, (tx) => workspaces.rename(tx, workspaceId, 'Loft'));
    await rename(id);
    expect(await workspaces.get(id, ada.userId)).toMatchObject({ id, name: 'Loft', role: 'owner' });
    await expect(workspaces.get(id, bob.userId)).rejects.toMatchObject({ kind: 'NotFound' });
    await expect(rename(newId('workspace'))).rejects.toMatchObject({ kind: 'NotFound' });
    await database.admin.query('UPDATE workspaces SET closed_at = now() WHERE workspace_id = $1', [id]);
    await expect(workspaces.get(id, ada.userId)).rejects.toMatchObject({ kind: 'NotFound' });
    await expect(rename(id)).rejects.toMatchObject({ kind: 'NotFound' });
    expect((await workspaces.listFor(ada.userId, { limit: 5 })).workspaces).toEqual([]);
  });

  it('go with their memberships, and a second time nothing happens', async () => {
    const ada = await people.register('Ada');
    const id = await people.found(ada.userId);
    for (let i = 0; i < 2; i++) await database.db.system((tx) => workspaces.removeWorkspace(tx, id));
    expect(
      (await database.admin.query('SELECT 1 FROM memberships WHERE user_id = $1', [ada.userId])).rowCount,
    ).toBe(0);
  });
});
