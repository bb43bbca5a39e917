import { z } from 'zod';
import { BaseId, idOf } from './ids';
import { DisplayName } from './identity';

export const Role = z.enum(['owner', 'admin', 'editor', 'approver', 'viewer']);
export type Role = z.infer<typeof Role>;

export const ProvisionWorkspaceInput = z.strictObject({ name: DisplayName });
export type ProvisionWorkspaceInput = z.infer<typeof ProvisionWorkspaceInput>;

export const UpdateWorkspaceInput = z.strictObject({ name: DisplayName });

export const Workspace = z.object({
  id: idOf('workspace'),
  name: z.string(),
  role: Role,
  createdAt: z.iso.datetime(),
});
export type Workspace = z.infer<typeof Workspace>;

export const ProvisionWorkspaceResult = z.object({
  workspaceId: idOf('workspace'),
  connectionId: idOf('connection'),
  baseId: BaseId,
});
export type ProvisionWorkspaceResult = z.infer<typeof ProvisionWorkspaceResult>;

export const CreateConnectionInput = z.strictObject({
  name: DisplayName,
  /** Origin of an Airtable endpoint; api.airtable.com by default, else a host that the operator lists. */
  url: z.url({ protocol: /^https?$/ }).default('https://api.airtable.com'),
  token: z.string().min(1).max(500),
  /** Off by default: the connection reads and previews, and writes nothing until it is switched on. */
  writable: z.boolean().default(false),
});
export type CreateConnectionInput = z.infer<typeof CreateConnectionInput>;

export const UpdateConnectionInput = z.strictObject({ writable: z.boolean() });

export const ConnectionKind = z.enum(['engine', 'airtable']);

/** The token is never part of an answer. */
export const Connection = z.object({
  id: idOf('connection'),
  workspaceId: idOf('workspace'),
  name: z.string(),
  kind: ConnectionKind,
  url: z.string(),
  writable: z.boolean(),
  health: z.enum(['ok', 'unauthorized', 'unreachable', 'unknown']),
  createdAt: z.iso.datetime(),
});
export type Connection = z.infer<typeof Connection>;

export const BaseSummary = z.object({
  id: z.string(),
  name: z.string(),
  permissionLevel: z.string(),
  connectionId: idOf('connection'),
});
export type BaseSummary = z.infer<typeof BaseSummary>;
