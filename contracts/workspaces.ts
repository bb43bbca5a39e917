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

/** Pasted with its surroundings: what is around a token is cut, what cannot be in one is refused. */
const AirtableToken = z
  .string()
  .trim()
  .min(1, 'must not be empty')
  .max(500)
  .regex(/^[\x21-\x7e]*$/, 'holds characters that no token has: copy it again');

/** Requests a second of each base that a connection may use, out of the five that Airtable gives all callers together. */
const Share = z.number().min(0.2).max(5);

/** The calls a month that the plan of the workspace in Airtable has; null while nobody said. */
const MonthlyCalls = z.number().int().min(1).max(1_000_000_000).nullable();

export const CreateConnectionInput = z.strictObject({
  name: DisplayName,
  /** Origin of an Airtable endpoint; api.airtable.com by default, else a host that the operator lists. */
  url: z.url({ protocol: /^https?$/ }).default('https://api.airtable.com'),
  token: AirtableToken,
  /** Off by default: the connection reads and previews, and writes nothing until it is switched on. */
  writable: z.boolean().default(false),
  /** 3 when absent. */
  share: Share.optional(),
  monthlyCalls: MonthlyCalls.default(null),
});
export type CreateConnectionInput = z.infer<typeof CreateConnectionInput>;

/** What is not named stays as it is. */
export const UpdateConnectionInput = z
  .strictObject({
    name: DisplayName.optional(),
    writable: z.boolean().optional(),
    token: AirtableToken.optional(),
    /** Says that the token may be another Airtable user’s than the one before. */
    confirmUser: z.boolean().optional(),
    share: Share.optional(),
    monthlyCalls: MonthlyCalls.optional(),
  })
  .refine(
    ({ confirmUser: _, ...changes }) => Object.values(changes).some((value) => value !== undefined),
    'must name what to change: name, writable, token, share or monthlyCalls',
  );
export type UpdateConnectionInput = z.infer<typeof UpdateConnectionInput>;

export const ConnectionKind = z.enum(['engine', 'airtable']);

/**
 * `unknown`: nothing was asked yet. `ok`: the last answer was a good one. `unauthorized`: Airtable refuses the token.
 * `narrowed`: it takes the token but no longer grants all that it did, or not all that is needed. `unreachable`: no answer.
 */
export const ConnectionHealth = z.enum(['unknown', 'ok', 'unauthorized', 'narrowed', 'unreachable']);

/** The class of what was seen; never what another server said. */
export const HealthReason = z.enum([
  'connection_not_allowed',
  'connection_unauthorized',
  'connection_unreachable',
  'scopes_lost',
  'scopes_missing',
]);

/** The token is never part of an answer. */
export const Connection = z.object({
  id: idOf('connection'),
  workspaceId: idOf('workspace'),
  name: z.string(),
  kind: ConnectionKind,
  url: z.string(),
  writable: z.boolean(),
  health: ConnectionHealth,
  /** When this health was noted; null before anything was asked. */
  healthCheckedAt: z.iso.datetime().nullable(),
  healthReason: HealthReason.nullable(),
  /** When the token was last tested: saved, replaced, or tested again. */
  testedAt: z.iso.datetime().nullable(),
  /** What Airtable grants the token; null where it does not tell. */
  scopes: z.array(z.string()).nullable(),
  /** What Sagatable has a use for and the token does not have, as far as Airtable tells. */
  missingScopes: z.array(z.string()),
  /** What the token had when it was tested, and has no more. */
  lostScopes: z.array(z.string()),
  /** Bases that the token saw when it was last tested. */
  baseCount: z.number().int().nullable(),
  /** Requests a second for each base; null for the engine, which has no such limit. */
  share: z.number().nullable(),
  monthlyCalls: z.number().int().nullable(),
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
