import { SagatableError } from '../../contracts/errors';
import type { AddMemberInput, Member } from '../../contracts/members';
import type { Role } from '../../contracts/workspaces';
import type { Database, Tx } from '../database/database';

interface Row {
  readonly user_id: string;
  readonly email: string;
  readonly name: string | null;
  readonly role: Role;
  readonly created_at: Date;
}

export interface MemberPage {
  readonly members: Member[];
  readonly nextCursor: string | null;
}

/** Who does it: only an owner makes, changes or removes owners. */
interface By {
  readonly userId: string;
  readonly role: Role;
}

const MEMBERS = `SELECT m.user_id, u.email, p.name, m.role, m.created_at
  FROM memberships m JOIN users u ON u.id = m.user_id LEFT JOIN profiles p ON p.user_id = u.id`;

/** Who belongs to a workspace, as what. Users span tenants: every `tx` is one of `db.system`. */
export function createMembers({ db }: { readonly db: Database }) {
  /** Changes of members of one workspace come one after the other: two owners may not leave at once. */
  const lock = (tx: Tx, workspaceId: string) =>
    tx.query('SELECT 1 FROM workspaces WHERE workspace_id = $1 FOR UPDATE', [workspaceId]);

  async function refuseWithoutOwner(tx: Tx, workspaceId: string): Promise<void> {
    const sql = `SELECT 1 FROM memberships WHERE workspace_id = $1 AND role = 'owner' LIMIT 1`;
    if ((await tx.query(sql, [workspaceId])).rowCount) return;
    throw new SagatableError('Conflict', 'A workspace needs an owner: make somebody else one first.', {
      code: 'last_owner',
    });
  }

  async function find(tx: Tx, workspaceId: string, userId: string): Promise<Row | undefined> {
    const sql = `${MEMBERS} WHERE m.workspace_id = $1 AND m.user_id = $2`;
    return (await tx.query<Row>(sql, [workspaceId, userId])).rows[0];
  }

  return {
    /** The first membership, as a step of provisioning. */
    async insertOwner(
      tx: Tx,
      { workspaceId, userId }: { workspaceId: string; userId: string },
    ): Promise<void> {
      await tx.query(`INSERT INTO memberships (workspace_id, user_id, role) VALUES ($1, $2, 'owner')`, [
        workspaceId,
        userId,
      ]);
    },

    /**
     * Adds the user with this e-mail address, or changes what they are. Throws NotFound `no_such_user`, Forbidden
     * `owners_only`, Conflict `last_owner`.
     */
    async add(
      tx: Tx,
      workspaceId: string,
      { email, role }: AddMemberInput,
      by: By,
    ): Promise<{ member: Member; added: boolean }> {
      await lock(tx, workspaceId);
      const user = (await tx.query<{ id: string }>('SELECT id FROM users WHERE email = $1', [email])).rows[0];
      if (!user) {
        throw new SagatableError(
          'NotFound',
          'Nobody is registered with this e-mail address: ask them to register first.',
          {
            code: 'no_such_user',
          },
        );
      }
      const before = await find(tx, workspaceId, user.id);
      if (role === 'owner' || before?.role === 'owner') requireOwner(by);
      await tx.query(
        `INSERT INTO memberships (workspace_id, user_id, role) VALUES ($1, $2, $3)
         ON CONFLICT (workspace_id, user_id) DO UPDATE SET role = excluded.role`,
        [workspaceId, user.id, role],
      );
      await refuseWithoutOwner(tx, workspaceId);
      const after = await find(tx, workspaceId, user.id);
      if (!after) throw new Error('the membership just written is not there');
      return { member: viewOf(after), added: before === undefined };
    },

    /**
     * Ends a membership, and the personal tokens that rested on it. Throws NotFound, Forbidden `owners_only`,
     * Conflict `last_owner`.
     */
    async remove(tx: Tx, workspaceId: string, userId: string, by: By): Promise<void> {
      await lock(tx, workspaceId);
      const before = await find(tx, workspaceId, userId);
      if (!before) throw new SagatableError('NotFound', 'There is no such user.');
      if (before.role === 'owner' && userId !== by.userId) requireOwner(by);
      await tx.query('DELETE FROM memberships WHERE workspace_id = $1 AND user_id = $2', [
        workspaceId,
        userId,
      ]);
      await refuseWithoutOwner(tx, workspaceId);
      await tx.query(
        `DELETE FROM personal_tokens WHERE workspace_id = $1 AND user_id = $2 AND purpose = 'person'`,
        [workspaceId, userId],
      );
    },

    /** By user id, which says nothing. `after` is the id that the page before ended with. */
    async list(
      workspaceId: string,
      { limit, after }: { limit: number; after?: string | undefined },
    ): Promise<MemberPage> {
      const sql = `${MEMBERS} WHERE m.workspace_id = $1 AND ($2::text IS NULL OR m.user_id > $2) ORDER BY m.user_id LIMIT $3`;
      const { rows } = await db.system((tx) => tx.query<Row>(sql, [workspaceId, after ?? null, limit + 1]));
      const members = rows.slice(0, limit).map(viewOf);
      return { members, nextCursor: rows.length > limit ? (members.at(-1)?.userId ?? null) : null };
    },

    /** Undefined for who is not a member. */
    async roleOf(userId: string, workspaceId: string): Promise<Role | undefined> {
      const sql = 'SELECT role FROM memberships WHERE workspace_id = $1 AND user_id = $2';
      const { rows } = await db.tenant(workspaceId, (tx) =>
        tx.query<{ role: Role }>(sql, [workspaceId, userId]),
      );
      return rows[0]?.role;
    },
  };
}

export type Members = ReturnType<typeof createMembers>;

function requireOwner(by: By): void {
  if (by.role === 'owner') return;
  throw new SagatableError('Forbidden', 'Only an owner makes, changes or removes owners.', {
    code: 'owners_only',
  });
}

const viewOf = (row: Row): Member => ({
  userId: row.user_id,
  email: row.email,
  name: row.name ?? '',
  role: row.role,
  joinedAt: row.created_at.toISOString(),
});
