import { SagatableError } from '../../contracts/errors';
import type { Actor } from '../../contracts/identity';
import { idOf } from '../../contracts/ids';
import { ROLE_SCOPES } from '../../contracts/roles';
import type { Scope } from '../../contracts/scopes';
import type { Role } from '../../contracts/workspaces';
import type { Database, PreparedStatement, Tx } from '../database/database';

export interface Permission {
  readonly role: Role;
  readonly workspaceId: string;
}

/** No row for who is not a member, nor while the workspace is being deleted. */
const FIND_ROLE: PreparedStatement = {
  name: 'role of a member',
  text: `SELECT m.role FROM memberships m JOIN workspaces w USING (workspace_id)
    WHERE m.workspace_id = $1 AND m.user_id = $2 AND w.closed_at IS NULL`,
};

/** For so long (ms) what the look at a token told needs no second look: a body may take its time to arrive. */
const JUST_SEEN_MS = 1_000;

/** The role in the workspace of the actor's token, if it was seen a moment ago. */
function justSeen({ standing, workspaceId }: Actor): Role | undefined {
  const recent = standing && performance.now() - standing.seenAt < JUST_SEEN_MS;
  return recent && workspaceId !== null ? standing.role : undefined;
}

/** Who may do what. The doors ask; nothing else decides. */
export function createPermissions({ db }: { readonly db: Database }) {
  async function findRole(workspaceId: string, userId: string): Promise<Role | undefined> {
    const values = [workspaceId, userId];
    const work = (tx: Tx) => tx.query<{ role: Role }>(FIND_ROLE, values);
    return (await db.tenant(workspaceId, work, { readOnly: true })).rows[0]?.role;
  }

  return {
    /**
     * What the actor is in the workspace, if role and credential both include the scope. Throws NotFound for who is not
     * a member and for a token of another workspace, exactly as for a workspace that does not exist (or is being
     * deleted), and Forbidden `missing_scope` for a member without the scope.
     */
    async authorize(actor: Actor, workspaceId: string, scope: Scope): Promise<Permission> {
      const reachable = actor.workspaceId === null || actor.workspaceId === workspaceId;
      const wellFormed = idOf('workspace').safeParse(workspaceId).success;
      const role =
        reachable && wellFormed
          ? (justSeen(actor) ?? (await findRole(workspaceId, actor.userId)))
          : undefined;
      if (!role) throw new SagatableError('NotFound', 'There is no such workspace.');
      if (!ROLE_SCOPES[role].includes(scope)) {
        throw forbidden(scope, `Your role in this workspace (${role}) does not include ${scope}.`);
      }
      requireScope(actor, scope);
      return { role, workspaceId };
    },

    requireScope,
  };
}

export type Permissions = ReturnType<typeof createPermissions>;

/** For what lies in no workspace. Throws Forbidden `missing_scope` when the credential does not carry the scope. */
function requireScope(actor: Actor, scope: Scope): void {
  if (!actor.scopes.includes(scope)) throw forbidden(scope, `This token does not have the scope ${scope}.`);
}

function forbidden(scope: Scope, message: string): SagatableError {
  return new SagatableError('Forbidden', message, { code: 'missing_scope', details: { scope } });
}
