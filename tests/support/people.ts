import type { Role } from '../../contracts/workspaces';
import type { Database } from '../../services/database/database';
import { hashPassword } from '../../services/identity/passwords';
import { createRegistrations } from '../../services/identity/registrations';
import { newId } from '../../services/ids';
import { createMembers } from '../../services/workspaces/members';
import { createWorkspaces } from '../../services/workspaces/workspaces';

export const PASSWORD = 'correct horse battery';

/** People and their workspaces as the sagas leave them, without Temporal. */
export function createPeople(db: Database) {
  const registrations = createRegistrations();
  const workspaces = createWorkspaces({ db });
  const members = createMembers({ db });
  const hashed = hashPassword(PASSWORD);

  return {
    /** A registered user. */
    async register(name: string): Promise<{ userId: string; email: string }> {
      const email = `${name.toLowerCase()}.${newId('user').slice(-8).toLowerCase()}@example.com`;
      const passwordHash = await hashed;
      const { userId } = await db.system(async (tx) => {
        const staged = await registrations.stageRegistration(tx, { email, passwordHash, name });
        await registrations.insertUser(tx, staged.registrationId);
        await registrations.insertProfile(tx, staged.registrationId);
        await registrations.forgetRegistration(tx, staged.registrationId);
        return staged;
      });
      return { userId, email };
    },

    /** A workspace of this owner. */
    async found(ownerId: string, name = 'Workshop'): Promise<string> {
      const workspaceId = newId('workspace');
      await db.system(async (tx) => {
        await workspaces.insertWorkspace(tx, { workspaceId, name });
        await members.insertOwner(tx, { workspaceId, userId: ownerId });
      });
      return workspaceId;
    },

    /** Makes a user a member. */
    join: (workspaceId: string, { email, userId }: { email: string; userId: string }, role: Role) =>
      db.system((tx) => members.add(tx, workspaceId, { email, role }, { userId, role: 'owner' })),
  };
}
