import { ROLE_SCOPES } from '../../../contracts/roles';
import type { Role } from '../../../contracts/workspaces';
import type { BasePlace } from '../place';

/** Who did it and how. Source: Airtable Web API, webhooks action. */
export interface ActionMetadata {
  readonly source: string;
  readonly sourceMetadata: {
    readonly user?: {
      readonly id: string;
      readonly email?: string;
      readonly name?: string;
      readonly permissionLevel: string;
    };
  };
}

function permissionLevel(role: Role | null): string {
  if (role === null) return 'none';
  const scopes = ROLE_SCOPES[role];
  if (scopes.includes('schema.bases:write')) return 'create';
  return scopes.includes('data.records:write') ? 'edit' : 'read';
}

/** What a payload says of the one who acts; nothing of a user where nobody in particular does. */
export async function readActionMetadata({ tx, workspaceId, by }: BasePlace): Promise<ActionMetadata> {
  if (by.userId === null) return { source: by.source, sourceMetadata: {} };
  const found = await tx.query<{ email: string | null; name: string | null; role: Role | null }>(
    `SELECT p.email, p.name, m.role FROM (SELECT $1::text AS workspace_id, $2::text AS id) u
     LEFT JOIN engine_people p ON (p.workspace_id, p.id) = (u.workspace_id, u.id)
     LEFT JOIN memberships m ON (m.workspace_id, m.user_id) = (u.workspace_id, u.id)`,
    [workspaceId, by.userId],
  );
  const { email = null, name = null, role = null } = found.rows[0] ?? {};
  return {
    source: by.source,
    sourceMetadata: {
      user: {
        id: by.userId,
        ...(email === null ? {} : { email }),
        ...(name === null ? {} : { name }),
        permissionLevel: permissionLevel(role),
      },
    },
  };
}
