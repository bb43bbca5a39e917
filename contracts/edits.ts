import { z } from 'zod';
import { BaseId, idOf } from './ids';
import { MAX_CHANGES } from './changes';
import { CellValue } from './airtable';
import { EditApproval } from './approvals';
import { SCHEMA_KINDS } from './schema-changes';
import { Settling } from './settling';
import { NotReturning } from './restoring';
import { Interference } from './witness';

export const EditState = z.enum([
  'planning',
  'proposed',
  'rejected',
  'expired',
  'approved',
  'applying',
  'applied',
  'rolled_back',
  'needs_review',
  'failed',
]);
export type EditState = z.infer<typeof EditState>;

/** What becomes of a cell that somebody changed between preview and write; `ask`: it is put aside for somebody to decide. */
export const ConflictPolicy = z.enum(['skip', 'overwrite', 'stop', 'ask']);
export type ConflictPolicy = z.infer<typeof ConflictPolicy>;

export const ApproveInput = z.strictObject({
  hash: z.string().regex(/^[0-9a-f]{64}$/, 'must be the hash shown with the preview (64 hex digits)'),
  /** Ordinals of the changes to apply; all when absent. */
  only: z.array(z.number().int().min(0).max(MAX_CHANGES)).min(1).max(100_000).optional(),
  conflicts: ConflictPolicy.default('skip'),
  /** Comments of deleted records that the edit or its undo brings back are posted again, as quotations. */
  repostComments: z.boolean().optional(),
  /** Says, once for each connection, that automations, syncs and e-mails of its bases are known to fire. */
  acknowledgeSideEffects: z.literal(true).optional(),
  /** Says that it is known that the calls left of this month may not be enough to take it back. */
  acceptUndoBeyondQuota: z.literal(true).optional(),
  /** Tables and fields are to be made although no undo can remove them. */
  acceptIrreversible: z.literal(true).optional(),
});
export type ApproveInput = z.infer<typeof ApproveInput>;

export const RejectInput = z.strictObject({ reason: z.string().max(1_000).optional() });

/** Identical changes counted together; the headline is computed, never a planner's words. */
export const DiffGroup = z.object({
  key: z.string(),
  kind: z.enum(['update', 'create', 'delete', 'createOption', ...SCHEMA_KINDS]),
  tableId: z.string(),
  tableName: z.string(),
  fieldId: z.string().nullable(),
  fieldName: z.string().nullable(),
  /** For people: "605 cells: empty → Not Rated". */
  headline: z.string(),
  count: z.number().int(),
  before: z.string().nullable(),
  after: z.string().nullable(),
});
export type DiffGroup = z.infer<typeof DiffGroup>;

export const ChangeState = z.enum([
  'pending',
  'intended',
  'landed',
  'unchanged',
  'conflict',
  'failed',
  'unknown',
  'skipped',
  'undo_intended',
  'undone',
  'undo_conflict',
  'undo_unknown',
]);
export type ChangeState = z.infer<typeof ChangeState>;

/**
 * How it is known what became of a change: the base answered the request; a record carries the edit's marker; the base's
 * webhook told of it; it was found by reading the base. The last is the weakest: it goes by time and equal cells.
 */
export const Evidence = z.enum(['answer', 'marker', 'witness', 'read_back']);
export type Evidence = z.infer<typeof Evidence>;

/** What will tell new records of a table when an answer is lost: a marker field, or no more than time and equal cells. */
export const EvidencePlan = z.object({
  tableId: z.string(),
  tableName: z.string(),
  /** Null where the table has no marker field. */
  markerFieldId: z.string().nullable(),
  /** Whether the base is watched, so that its webhook tells too. */
  witness: z.boolean(),
});
export type EvidencePlan = z.infer<typeof EvidencePlan>;

export const ChangeRow = z.object({
  ordinal: z.number().int(),
  kind: z.enum(['update', 'create', 'delete', 'createOption', ...SCHEMA_KINDS]),
  tableId: z.string(),
  tableName: z.string(),
  recordId: z.string().nullable(),
  /** The record's primary cell, to recognise it by. */
  label: z.string().nullable(),
  cells: z.array(
    z.object({
      fieldId: z.string(),
      fieldName: z.string(),
      before: CellValue,
      after: CellValue,
      beforeText: z.string(),
      afterText: z.string(),
    }),
  ),
  state: ChangeState,
  reason: z.string().nullable(),
  /** Null while nothing was sent or nothing is known. */
  evidence: Evidence.nullable(),
});
export type ChangeRow = z.infer<typeof ChangeRow>;

/** Counted from the change set. */
export const EditCounts = z.object({
  changes: z.number(),
  records: z.number(),
  cells: z.number(),
  creates: z.number(),
  updates: z.number(),
  deletes: z.number(),
  /** Tables and fields made, renamed or described; absent where there are none. */
  schemaChanges: z.number().optional(),
});

/** The pace and the quota of an edit's connection, as they are now. */
export const EditCost = z.object({
  /** Requests a second that it may send to the base; null on the built-in engine, which has no such limit. */
  perSecond: z.number().nullable(),
  /** Calls that are known to be left of this month; null where nobody said how many there are. */
  callsLeft: z.number().int().nullable(),
  /** Whether applying all of it and taking it back is known to need more than that. */
  undoBeyondQuota: z.boolean(),
});
export type EditCost = z.infer<typeof EditCost>;

export const EditView = z.object({
  id: idOf('edit'),
  kind: z.enum(['edit', 'revert']),
  workspaceId: idOf('workspace'),
  connectionId: idOf('connection'),
  baseId: BaseId,
  baseName: z.string(),
  state: EditState,
  hash: z.string().nullable(),
  headline: z.string(),
  /** Quoted and labelled: what the proposer or planner said. */
  note: z.string().nullable(),
  proposedBy: z.string(),
  planner: z.string().nullable(),
  counts: EditCounts,
  outcome: z.partialRecord(ChangeState, z.number()).nullable(),
  warnings: z.array(z.string()),
  groups: z.array(DiffGroup),
  writable: z.boolean(),
  revertOf: idOf('edit').nullable(),
  revertedBy: idOf('edit').nullable(),
  operationId: idOf('operation').nullable(),
  /** Requests that it needs, `verify` of those of `apply` only to look before it writes; and requests to take it back. */
  calls: z.object({ apply: z.number(), verify: z.number().optional(), undo: z.number() }),
  expiresAt: z.iso.datetime().nullable(),
  createdAt: z.iso.datetime(),
  error: z.string().nullable(),
  /** What others did to its records, where the base is watched; not in lists. */
  interference: Interference.optional(),
  /** What its deletions cost even when they are undone, where it has some; not in lists. */
  notReturning: NotReturning.optional(),
  /** Settled changes by how it is known what became of them; not in lists. */
  evidence: z.partialRecord(Evidence, z.number()).optional(),
  /** Of each table in which the edit or its undo creates records; not in lists. */
  evidencePlan: z.array(EvidencePlan).optional(),
  /** Changes that wait for a person: conflicts to decide on, and ends that are unclear; not in lists. */
  waiting: z.object({ conflicts: z.number().int(), review: z.number().int() }).optional(),
  /** Who has approved it and who still has to; not in lists, and not before it is planned. */
  approval: EditApproval.optional(),
  /** How it waits, or waited, for writes of its own that got no answer; null where there were none; not in lists. */
  settling: Settling.nullable().optional(),
  /** What its `calls` come to; not in lists, and not before it is planned. */
  cost: EditCost.optional(),
  /** Newer edits that a revert takes back with the one it is of; not in lists. */
  includes: z.array(idOf('edit')).optional(),
});
export type EditView = z.infer<typeof EditView>;
