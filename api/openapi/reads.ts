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
  readonly method: 'get' | 'post' | 'patch' | 'delete';
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
    method: 'patch',
    path: '/v1/workspaces/:workspaceId/connections/:connectionId',
    tag: 'Connections',
    summary: 'Switch writing on or off',
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
    path: '/v1/workspaces/:workspaceId/bases',
    tag: 'Connections',
    summary: 'Bases that the connections reach',
    response: page('bases', BaseSummary),
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
