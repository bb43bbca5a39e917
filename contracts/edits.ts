import { z } from 'zod';
import { BaseId, idOf } from './ids';
import { MAX_CHANGES } from './changes';
import { CellValue } from './airtable';
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

/** What becomes of a cell that somebody changed between preview and write. */
export const ConflictPolicy = z.enum(['skip', 'overwrite', 'stop']);
export type ConflictPolicy = z.infer<typeof ConflictPolicy>;

export const ApproveInput = z.strictObject({
  hash: z.string().regex(/^[0-9a-f]{64}$/, 'must be the hash shown with the preview (64 hex digits)'),
  /** Ordinals of the changes to apply; all when absent. */
  only: z.array(z.number().int().min(0).max(MAX_CHANGES)).min(1).max(100_000).optional(),
  conflicts: ConflictPolicy.default('skip'),
});
export type ApproveInput = z.infer<typeof ApproveInput>;

export const RejectInput = z.strictObject({ reason: z.string().max(1_000).optional() });

/** Identical changes counted together; the headline is computed, never a planner's words. */
export const DiffGroup = z.object({
  key: z.string(),
  kind: z.enum(['update', 'create', 'delete', 'createOption']),
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

export const ChangeRow = z.object({
  ordinal: z.number().int(),
  kind: z.enum(['update', 'create', 'delete', 'createOption']),
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
});

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
  calls: z.object({ apply: z.number(), undo: z.number() }),
  expiresAt: z.iso.datetime().nullable(),
  createdAt: z.iso.datetime(),
  error: z.string().nullable(),
  /** What others did to its records, where the base is watched; not in lists. */
  interference: Interference.optional(),
});
export type EditView = z.infer<typeof EditView>;
