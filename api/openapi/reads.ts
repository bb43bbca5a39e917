import { z } from 'zod';
import { Chat, ChatMessage, CreateChatInput } from '../../contracts/chats';
import { CopySummary, CopyView } from '../../contracts/copies';
import { ChangeRow, EditView, RejectInput } from '../../contracts/edits';
import {
  CreatedToken,
  CreateTokenInput,
  Credentials,
  RefreshInput,
  TokenPair,
  TokenView,
  UpdateUserInput,
  User,
} from '../../contracts/identity';
import { OperationView } from '../../contracts/operations';
import { ConnectionUsage } from '../../contracts/usage';
import { BaseChangePage, Watch, WatchInput } from '../../contracts/witness';
import {
  BaseSummary,
  Connection,
  CreateConnectionInput,
  Role,
  UpdateConnectionInput,
  UpdateWorkspaceInput,
  Workspace,
} from '../../contracts/workspaces';

export interface RouteEntry {
  readonly method: 'get' | 'post' | 'put' | 'patch' | 'delete';
  /** As Express has it: `/v1/edits/:editId`. */
  readonly path: string;
  readonly summary: string;
  readonly tag: string;
  readonly public?: boolean;
  readonly body?: z.ZodType;
  readonly response?: z.ZodType;
  readonly status?: number;
  readonly query?: readonly string[];
  readonly events?: boolean;
}

const page = (name: string, item: z.ZodType) =>
  z.object({ [name]: z.array(item), nextCursor: z.string().nullable() });
const PAGED = ['limit', 'cursor'];

/** Routes that are not operations. A test compares this list with what the application serves. */
export const ROUTES: readonly RouteEntry[] = [
  {
    method: 'post',
    path: '/v1/sessions',
    tag: 'Sessions',
    summary: 'Log in',
    public: true,
    body: Credentials,
    response: TokenPair,
    status: 201,
  },
  {
    method: 'post',
    path: '/v1/sessions/refresh',
    tag: 'Sessions',
    summary: 'Rotate the refresh token',
    public: true,
    body: RefreshInput,
    response: TokenPair,
  },
  { method: 'get', path: '/v1/sessions', tag: 'Sessions', summary: 'One’s own sessions' },
  { method: 'delete', path: '/v1/sessions/current', tag: 'Sessions', summary: 'Log out', status: 204 },
  {
    method: 'delete',
    path: '/v1/sessions/:sessionId',
    tag: 'Sessions',
    summary: 'End a session',
    status: 204,
  },
  { method: 'get', path: '/v1/users/me', tag: 'Users', summary: 'One’s own profile', response: User },
  {
    method: 'patch',
    path: '/v1/users/me',
    tag: 'Users',
    summary: 'Change one’s own profile',
    body: UpdateUserInput,
    response: User,
  },
  {
    method: 'get',
    path: '/v1/tokens',
    tag: 'Tokens',
    summary: 'Personal access tokens',
    response: page('tokens', TokenView),
    query: PAGED,
  },
  {
    method: 'post',
    path: '/v1/tokens',
    tag: 'Tokens',
    summary: 'Create a personal access token (shown once)',
    body: CreateTokenInput,
    response: CreatedToken,
    status: 201,
  },
  { method: 'delete', path: '/v1/tokens/:tokenId', tag: 'Tokens', summary: 'Revoke a token', status: 204 },
  {
    method: 'get',
    path: '/v1/workspaces',
    tag: 'Workspaces',
    summary: 'One’s workspaces',
    response: page('workspaces', Workspace),
    query: PAGED,
  },
  {
    method: 'get',
    path: '/v1/workspaces/:workspaceId',
    tag: 'Workspaces',
    summary: 'A workspace',
    response: Workspace,
  },
  {
    method: 'patch',
    path: '/v1/workspaces/:workspaceId',
    tag: 'Workspaces',
    summary: 'Rename a workspace',
    body: UpdateWorkspaceInput,
    response: Workspace,
  },
  {
    method: 'get',
    path: '/v1/workspaces/:workspaceId/members',
    tag: 'Workspaces',
    summary: 'Members',
    query: PAGED,
  },
  {
    method: 'post',
    path: '/v1/workspaces/:workspaceId/members',
    tag: 'Workspaces',
    summary: 'Add a member',
    body: z.strictObject({ email: z.email(), role: Role }),
    status: 201,
  },
  {
    method: 'delete',
    path: '/v1/workspaces/:workspaceId/members/:userId',
    tag: 'Workspaces',
    summary: 'Remove a member',
    status: 204,
  },
  {
    method: 'get',
    path: '/v1/workspaces/:workspaceId/connections',
    tag: 'Connections',
    summary: 'Connections',
    response: page('connections', Connection),
  },
  {
    method: 'post',
    path: '/v1/workspaces/:workspaceId/connections',
    tag: 'Connections',
    summary: 'Add a connection; it is tested before it is saved',
    body: CreateConnectionInput,
    response: Connection,
    status: 201,
  },
  {
    method: 'get',
    path: '/v1/workspaces/:workspaceId/connections/:connectionId',
    tag: 'Connections',
    summary: 'A connection: its health, scopes and limits',
    response: Connection,
  },
  {
    method: 'post',
    path: '/v1/workspaces/:workspaceId/connections/:connectionId/test',
    tag: 'Connections',
    summary: 'Test a connection again; less than 5 s after the last test it answers with that one’s result',
    response: Connection,
  },
  {
    method: 'patch',
    path: '/v1/workspaces/:workspaceId/connections/:connectionId',
    tag: 'Connections',
    summary: 'Rename it, switch writing on or off, replace its token, set its share and monthly calls',
    body: UpdateConnectionInput,
    response: Connection,
  },
  {
    method: 'delete',
    path: '/v1/workspaces/:workspaceId/connections/:connectionId',
    tag: 'Connections',
    summary: 'Remove a connection',
    status: 204,
  },
  {
    method: 'get',
    path: '/v1/workspaces/:workspaceId/connections/:connectionId/usage',
    tag: 'Connections',
    summary: 'Calls that a connection used, by calendar month (UTC); some two seconds behind',
    response: ConnectionUsage,
  },
  {
    method: 'get',
    path: '/v1/workspaces/:workspaceId/bases',
    tag: 'Connections',
    summary: 'Bases that the connections reach',
    response: page('bases', BaseSummary),
  },
  {
    method: 'put',
    path: '/v1/workspaces/:workspaceId/connections/:connectionId/bases/:baseId/watch',
    tag: 'Watches',
    summary:
      'Watch a base by a webhook of its own, which is polled. Each poll is a call of the connection’s monthly quota: every 60 s are 43,200 a month, more while an edit of the base runs (every 2 s)',
    body: WatchInput,
    response: Watch,
  },
  {
    method: 'get',
    path: '/v1/workspaces/:workspaceId/connections/:connectionId/bases/:baseId/watch',
    tag: 'Watches',
    summary: 'How a base is watched',
    response: Watch,
  },
  {
    method: 'delete',
    path: '/v1/workspaces/:workspaceId/connections/:connectionId/bases/:baseId/watch',
    tag: 'Watches',
    summary: 'Watch it no more: its webhook is deleted at Airtable. 202 while that is still to be done',
    status: 204,
  },
  {
    method: 'get',
    path: '/v1/workspaces/:workspaceId/bases/:baseId/changes',
    tag: 'Watches',
    summary:
      'Who changed what in a watched base, of the last 30 days. What is not in it may still have happened: see watched, upTo and gaps',
    response: BaseChangePage,
    query: ['connectionId', 'after', 'since', 'recordId', 'limit'],
  },
  { method: 'get', path: '/v1/planner', tag: 'Chats', summary: 'Which planner answers, and why' },
  {
    method: 'post',
    path: '/v1/workspaces/:workspaceId/chats',
    tag: 'Chats',
    summary: 'Open a chat',
    body: CreateChatInput,
    response: Chat,
    status: 201,
  },
  {
    method: 'get',
    path: '/v1/chats/:chatId',
    tag: 'Chats',
    summary: 'A chat with its messages',
    response: z.object({ chat: Chat, messages: z.array(ChatMessage) }),
    query: PAGED,
  },
  {
    method: 'get',
    path: '/v1/chats/:chatId/events',
    tag: 'Chats',
    summary: 'New messages as they come',
    events: true,
  },
  {
    method: 'get',
    path: '/v1/workspaces/:workspaceId/copies',
    tag: 'Copies',
    summary: 'Copies of bases, newest first',
    query: PAGED,
    response: z.object({ copies: z.array(CopySummary), nextCursor: z.string().nullable() }),
  },
  {
    method: 'get',
    path: '/v1/copies/:copyId',
    tag: 'Copies',
    summary: 'A copy of a base and its report',
    response: CopyView,
  },
  {
    method: 'get',
    path: '/v1/workspaces/:workspaceId/edits',
    tag: 'Edits',
    summary: 'Edits, newest first',
    response: page('edits', EditView),
    query: PAGED,
  },
  {
    method: 'get',
    path: '/v1/edits/:editId',
    tag: 'Edits',
    summary: 'An edit: its difference, state and outcome',
    response: EditView,
  },
  {
    method: 'get',
    path: '/v1/edits/:editId/changes',
    tag: 'Edits',
    summary: 'Its changes, record by record',
    response: page('changes', ChangeRow),
    query: [...PAGED, 'group', 'state'],
  },
  {
    method: 'post',
    path: '/v1/edits/:editId/reject',
    tag: 'Edits',
    summary: 'Reject it',
    body: RejectInput,
    response: EditView,
  },
  {
    method: 'get',
    path: '/v1/workspaces/:workspaceId/operations',
    tag: 'Operations',
    summary: 'Operations, newest first',
    response: page('operations', OperationView),
    query: PAGED,
  },
  {
    method: 'get',
    path: '/v1/operations/:operationId',
    tag: 'Operations',
    summary: 'An operation; live=true asks Temporal itself',
    response: OperationView,
    query: ['live'],
  },
  {
    method: 'get',
    path: '/v1/operations/:operationId/events',
    tag: 'Operations',
    summary: 'Its state as it changes',
    events: true,
  },
  {
    method: 'post',
    path: '/v1/operations/:operationId/cancel',
    tag: 'Operations',
    summary: 'Cancel: what was done is undone',
    response: OperationView,
    status: 202,
  },
  {
    method: 'post',
    path: '/v1/operations/:operationId/pause',
    tag: 'Operations',
    summary: 'Pause after the present chunk',
    response: OperationView,
    status: 202,
  },
  {
    method: 'post',
    path: '/v1/operations/:operationId/resume',
    tag: 'Operations',
    summary: 'Go on',
    response: OperationView,
    status: 202,
  },
];
