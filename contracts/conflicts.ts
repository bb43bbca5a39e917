import { z } from 'zod';
import { CellValue } from './airtable';
import { MAX_CHANGES } from './changes';

/** What to do about a conflict: write what was approved all the same, or leave the record as it is. */
export const ConflictDecision = z.enum(['overwrite', 'skip']);
export type ConflictDecision = z.infer<typeof ConflictDecision>;

const Digest = z
  .string()
  .regex(/^[0-9a-f]{32}$/, 'must be the `now` shown with the conflict (32 hex digits)');

/** A change that met a record which somebody had changed, under the policy `ask`. */
export const Conflict = z.object({
  ordinal: z.number().int(),
  kind: z.enum(['update', 'delete']),
  tableId: z.string(),
  tableName: z.string(),
  recordId: z.string().nullable(),
  label: z.string().nullable(),
  /** Three values a cell: as the preview saw it, as approved (null: deleted with its record), as the base held it when asked. */
  cells: z.array(
    z.object({
      fieldId: z.string(),
      fieldName: z.string(),
      /** Whether this is one of the cells that were changed; the others are written with them. */
      changed: z.boolean(),
      before: CellValue,
      ours: CellValue,
      now: CellValue,
      beforeText: z.string(),
      oursText: z.string(),
      nowText: z.string(),
    }),
  ),
  /** Names the values under `now` of its cells: a decision that carries it is about these and no others. */
  now: Digest,
  /** Null while it waits. */
  decision: ConflictDecision.nullable(),
  /** Null beside a decision where nobody decided in time: it was skipped. */
  decidedBy: z.string().nullable(),
  decidedAt: z.iso.datetime().nullable(),
  askedAt: z.iso.datetime(),
  expiresAt: z.iso.datetime(),
});
export type Conflict = z.infer<typeof Conflict>;

export const ConflictPage = z.object({
  conflicts: z.array(Conflict),
  nextCursor: z.string().nullable(),
  /** How many wait for a decision. */
  open: z.number().int(),
});
export type ConflictPage = z.infer<typeof ConflictPage>;

/** A decision on some conflicts, or on all that wait. */
export const DecideConflictsInput = z
  .strictObject({
    ordinals: z.array(z.number().int().min(0).max(MAX_CHANGES)).min(1).max(1_000).optional(),
    all: z.literal(true).optional(),
    decision: ConflictDecision,
    /** By ordinal the `now` that was shown: where the record was asked about anew since, nothing is decided. */
    now: z.record(z.string().regex(/^\d{1,6}$/), Digest).optional(),
  })
  .refine((i) => (i.ordinals === undefined) !== (i.all === undefined), 'needs either `ordinals` or `all`');
export type DecideConflictsInput = z.infer<typeof DecideConflictsInput>;

export const ConflictsDecided = z.object({ decided: z.number().int(), open: z.number().int() });
export type ConflictsDecided = z.infer<typeof ConflictsDecided>;
