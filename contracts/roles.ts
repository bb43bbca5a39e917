import { ALL_SCOPES, type Scope } from './scopes';
import type { Role } from './workspaces';

/** About oneself, whatever one is in a workspace. */
const PERSONAL = [
  'users:read',
  'users:write',
  'user.email:read',
  'workspaces:create',
  'tokens:write',
] as const satisfies readonly Scope[];
const READING = [
  'workspaces:read',
  'data.records:read',
  'data.recordComments:read',
  'schema.bases:read',
] as const satisfies readonly Scope[];

/**
 * What a member of a workspace may do in it. An editor writes through edits, which another approves, and so holds no
 * `data.records:write`: over /v0 it would go past the approval.
 */
export const ROLE_SCOPES: Readonly<Record<Role, readonly Scope[]>> = {
  owner: ALL_SCOPES,
  admin: ALL_SCOPES.filter((scope) => scope !== 'workspaces:delete' && scope !== 'audit:erase'),
  editor: [...PERSONAL, ...READING, 'chats:write', 'edits:propose', 'operations:control'],
  approver: [...PERSONAL, ...READING, 'edits:approve'],
  viewer: [...PERSONAL, ...READING],
};

/** Whether a role reaches operations that somebody else started; an editor controls their own. */
export function controlsOthersOperations(role: Role): boolean {
  return role === 'owner' || role === 'admin';
}
