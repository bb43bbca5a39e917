import { z } from 'zod';

/** What a token may do. A person signed in with e-mail and password holds all of them. */
export const SCOPES = {
  'users:read': 'Read one’s own profile',
  'users:write': 'Change one’s own profile',
  'user.email:read': 'See one’s own e-mail address over /v0',
  'workspaces:read': 'See workspaces, their members, bases and operations',
  'workspaces:create': 'Provision workspaces',
  'workspaces:delete': 'Delete workspaces',
  'members:write': 'Add and remove members, rename the workspace',
  'connections:write': 'Add, change and remove Airtable connections',
  'bases:copy': 'Copy bases from a connection onto the built-in engine',
  'tokens:write': 'Create and revoke personal access tokens',
  'chats:write': 'Ask a planner for a change',
  'edits:propose': 'Propose edits and reverts',
  'edits:approve': 'Approve or reject edits',
  'edits:approveOwn': 'Approve what was proposed in one’s own name with a token',
  'approvalRules:write': 'Set who has to approve what',
  'operations:control': 'Cancel, pause and resume operations',
  'audit:read': 'Read and export the audit trail',
  'audit:erase': 'Make the values that the audit trail holds about a record unreadable',
  'data.records:read': 'Read records over /v0',
  'data.records:write': 'Create, change and delete records over /v0',
  'data.recordComments:read': 'Read comments over /v0',
  'data.recordComments:write': 'Write comments over /v0, change and delete one’s own',
  'schema.bases:read': 'Read schemas over /v0',
  'schema.bases:write': 'Create bases, tables and fields over /v0',
  'webhook:manage': 'Create, read and delete webhooks over /v0',
} as const;

export type Scope = keyof typeof SCOPES;
export const ALL_SCOPES = Object.keys(SCOPES) as Scope[];
export const ScopeShape = z.enum(ALL_SCOPES as [Scope, ...Scope[]]);
