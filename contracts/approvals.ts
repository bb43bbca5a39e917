import { z } from 'zod';
import { BaseId, idOf } from './ids';

/** Roles that hold `edits:approve` (contracts/roles.ts). */
export const ApproverRole = z.enum(['owner', 'admin', 'approver']);
export type ApproverRole = z.infer<typeof ApproverRole>;

const Count = z.number().int().min(0).max(1_000_000);
/** One hour to thirty days. */
const Hours = z.number().int().min(1).max(720);

/** Who has to approve what; what is not named has its default. */
export const ApprovalRules = z.strictObject({
  /** A member approves who has one of the roles or is named. Named users need a role that may approve, whichever it is. */
  approvers: z
    .strictObject({
      roles: z.array(ApproverRole).max(3).default([]),
      users: z.array(idOf('user')).max(100).default([]),
    })
    .refine(({ roles, users }) => roles.length + users.length > 0, 'must name a role or a user')
    .default({ roles: ['owner', 'admin', 'approver'], users: [] }),
  /** Whether a person may approve what was proposed in their name. A token needs `edits:approveOwn` for it besides. */
  proposerMayApprove: z.boolean().default(true),
  /** Two persons for an edit of more records than this, or that deletes more than this; null: never. */
  twoPersons: z
    .strictObject({
      aboveRecords: Count.nullable().default(null),
      aboveDeletions: Count.nullable().default(null),
    })
    .default({ aboveRecords: null, aboveDeletions: null }),
  /** Edits that nobody has to approve: of so many records at most, and of these kinds of changes only; null: none. */
  autoApprove: z
    .strictObject({
      maxRecords: Count.min(1).max(1_000),
      kinds: z
        .array(z.enum(['update', 'create', 'delete', 'createOption']))
        .min(1)
        .max(4),
      /**
       * Records of one person's edits that it approves within 24 hours, so that a large change cannot be cut into small
       * ones; ten times `maxRecords` when absent. Together they also count as one edit for `twoPersons`.
       */
      maxRecordsPerDay: Count.min(1).optional(),
    })
    .nullable()
    .default(null),
  /** How long a proposal can be approved. */
  expiresInHours: Hours.default(72),
  /** When, and how often, a proposal that waits is brought to mind; null: never. */
  remindAfterHours: Hours.nullable().default(24),
});
export type ApprovalRules = z.infer<typeof ApprovalRules>;

export const ApprovalRulesView = ApprovalRules.extend({
  /** Null while they are the defaults. */
  updatedBy: idOf('user').nullable(),
  updatedAt: z.iso.datetime().nullable(),
});
export type ApprovalRulesView = z.infer<typeof ApprovalRulesView>;

export const ApprovalState = z.enum(['open', 'approved', 'rejected', 'expired']);
export type ApprovalState = z.infer<typeof ApprovalState>;

/** What one person, or the rule for small edits, said. */
export const ApprovalDecision = z.object({
  /** A user, or `system` for the rule. */
  by: z.string(),
  via: z.enum(['session', 'token', 'rule']),
  /** The token that was used, if one was. */
  tokenId: idOf('token').nullable(),
  verdict: z.enum(['approved', 'rejected']),
  reason: z.string().nullable(),
  at: z.iso.datetime(),
});
export type ApprovalDecision = z.infer<typeof ApprovalDecision>;

/**
 * Whether the writes of an edit, and of its undo, can set off what Sagatable neither sees nor takes back: automations,
 * syncs and e-mails of the base. `none` on the built-in engine, which has no such thing.
 */
export const SideEffects = z.enum(['none', 'unacknowledged', 'acknowledged']);
export type SideEffects = z.infer<typeof SideEffects>;

export const EditApproval = z.object({
  state: ApprovalState,
  /** By the rules as they stand. */
  personsNeeded: z.number().int(),
  /** Persons who still have to approve; 0 once it is decided. */
  missing: z.number().int(),
  decisions: z.array(ApprovalDecision),
  /** What those who approved chose, and whoever approves next has to choose too; null while nobody has. */
  terms: z.object({ conflicts: z.string(), only: z.array(z.number().int()).nullable() }).nullable(),
  /** Why it was rejected, where somebody said. */
  reason: z.string().nullable(),
  /** When those who may approve were last reminded. */
  remindedAt: z.iso.datetime().nullable(),
  sideEffects: SideEffects,
});
export type EditApproval = z.infer<typeof EditApproval>;

/** The answer to an approval that is not the last one needed: nothing has been started. */
export const PartialApproval = z.object({ editId: idOf('edit'), approval: EditApproval });
export type PartialApproval = z.infer<typeof PartialApproval>;

/** An edit that waits for the one who asks. */
export const PendingApproval = z.object({
  editId: idOf('edit'),
  kind: z.enum(['edit', 'revert']),
  baseId: BaseId,
  baseName: z.string(),
  headline: z.string(),
  hash: z.string(),
  proposedBy: z.string(),
  records: z.number().int(),
  deletions: z.number().int(),
  personsNeeded: z.number().int(),
  missing: z.number().int(),
  createdAt: z.iso.datetime(),
  expiresAt: z.iso.datetime(),
  remindedAt: z.iso.datetime().nullable(),
});
export type PendingApproval = z.infer<typeof PendingApproval>;

export const ConsentInput = z.strictObject({ sideEffects: z.literal(true) });

export const Consent = z.object({
  connectionId: idOf('connection'),
  by: z.string(),
  at: z.iso.datetime(),
});
export type Consent = z.infer<typeof Consent>;
