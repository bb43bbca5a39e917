import { z } from 'zod';
import {
  ApprovalRules,
  ApprovalRulesView,
  Consent,
  ConsentInput,
  PartialApproval,
  PendingApproval,
} from '../../contracts/approvals';
import { AuditAction, Erasure, RecordHistory } from '../../contracts/audit';
import { Chat, ChatMessage, CreateChatInput } from '../../contracts/chats';
import { ConflictPage, ConflictsDecided, DecideConflictsInput } from '../../contracts/conflicts';
import { CopySummary, CopyView } from '../../contracts/copies';
import { DependentList } from '../../contracts/dependents';
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
import { ReviewPage } from '../../contracts/reviews';
import { ConnectionUsage } from '../../contracts/usage';
import { Marker, MarkerInput } from '../../contracts/markers';
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

/** By operation: what its route answers with 200 where it started nothing. */
export const PARTIAL_ANSWERS: Readonly<Record<string, { summary: string; response: z.ZodType }>> = {
  applyEdit: {
    summary:
      'The approval is noted and others are still missing (`approval.missing`): nothing was started. The last one needed answers 201 or 202.',
    response: PartialApproval,
  },
};

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
    path: '/v1/workspaces/:workspaceId/connections/:connectionId/bases/:baseId/markers',
    tag: 'Markers',
    summary: 'The fields in which new records carry their markers, table by table',
    response: z.object({ markers: z.array(Marker) }),
  },
  {
    method: 'put',
    path: '/v1/workspaces/:workspaceId/connections/:connectionId/bases/:baseId/markers/:tableId',
    tag: 'Markers',
    summary:
      'Choose a single line text field of a table in which each record that an edit creates carries a text of its own. A creation without an answer is then safe to repeat',
    body: MarkerInput,
    response: Marker,
  },
  {
    method: 'delete',
    path: '/v1/workspaces/:workspaceId/connections/:connectionId/bases/:baseId/markers/:tableId',
    tag: 'Markers',
    summary: 'Choose none. What is in the field stays',
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
  {
    method: 'get',
    path: '/v1/workspaces/:workspaceId/audit',
    tag: 'Audit',
    summary: 'Who did what, newest first',
    response: page('entries', AuditAction),
    query: ['limit', 'cursor', 'actor', 'action', 'subject', 'from', 'until'],
  },
  {
    method: 'get',
    path: '/v1/workspaces/:workspaceId/audit/export',
    tag: 'Audit',
    summary:
      'The trail of a time as lines of JSON, oldest first: what was done, then what edits changed, values aside',
    query: ['from', 'until'],
  },
  {
    method: 'get',
    path: '/v1/workspaces/:workspaceId/bases/:baseId/records/:recordId/history',
    tag: 'Audit',
    summary: 'Who changed a record, or one of its cells, and why; newest first',
    response: RecordHistory,
    query: ['fieldId', 'limit', 'cursor'],
  },
  {
    method: 'delete',
    path: '/v1/workspaces/:workspaceId/bases/:baseId/records/:recordId/history',
    tag: 'Audit',
    summary:
      'Make the values that the trail holds about a record unreadable for good; who changed it and when stays',
    response: Erasure,
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
    method: 'get',
    path: '/v1/edits/:editId/conflicts',
    tag: 'Edits',
    summary:
      'Conflicts that wait for a decision (policy `ask`), three values a cell; state=all shows those decided on too',
    response: ConflictPage,
    query: [...PAGED, 'state'],
  },
  {
    method: 'post',
    path: '/v1/edits/:editId/conflicts',
    tag: 'Edits',
    summary: 'Decide on conflicts: some or all. Where a record was changed once more it is asked about anew',
    body: DecideConflictsInput,
    response: ConflictsDecided,
  },
  {
    method: 'get',
    path: '/v1/edits/:editId/dependents',
    tag: 'Edits',
    summary:
      'Newer edits that wrote to the same cells or records, newest first: what an undo leaves, or takes back too',
    response: DependentList,
  },
  {
    method: 'get',
    path: '/v1/edits/:editId/review',
    tag: 'Edits',
    summary:
      'Changes whose end is unclear, with journal and witness; look=true reads each record anew (calls to the base)',
    response: ReviewPage,
    query: [...PAGED, 'look'],
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
    path: '/v1/workspaces/:workspaceId/approvals',
    tag: 'Approvals',
    summary: 'Edits that wait for one’s own approval, the oldest first',
    response: page('approvals', PendingApproval),
    query: PAGED,
  },
  {
    method: 'get',
    path: '/v1/workspaces/:workspaceId/approval-rules',
    tag: 'Approvals',
    summary: 'Who has to approve what',
    response: ApprovalRulesView,
  },
  {
    method: 'put',
    path: '/v1/workspaces/:workspaceId/approval-rules',
    tag: 'Approvals',
    summary: 'Set who has to approve what; what is left out gets its default. Owners and admins only',
    body: ApprovalRules,
    response: ApprovalRulesView,
  },
  {
    method: 'post',
    path: '/v1/workspaces/:workspaceId/connections/:connectionId/consents',
    tag: 'Approvals',
    summary:
      'Say, once for a connection, that writes through it can set off automations, syncs and e-mails which no undo takes back. An approval can say it too (acknowledgeSideEffects)',
    body: ConsentInput,
    response: Consent,
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
