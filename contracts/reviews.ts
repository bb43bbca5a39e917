import { z } from 'zod';
import { Cells } from './airtable';
import { MAX_CHANGES } from './changes';
import { ChangeRow, ChangeState, EditState } from './edits';
import { idOf, RecordId } from './ids';
import { BaseChange, GapDetail } from './witness';

/**
 * What a person says of a change whose end is unclear. `landed`: it is in the base. `notLanded`: it is not there, or not any
 * more. `retry`: try again what was tried last.
 */
export const Verdict = z.enum(['landed', 'notLanded', 'retry']);
export type Verdict = z.infer<typeof Verdict>;

export const ReviewInput = z
  .strictObject({
    /** Changes; either these or records that came late. */
    ordinals: z.array(z.number().int().min(0).max(MAX_CHANGES)).max(1_000).default([]),
    /** Records that came late: `landed`, this edit's and it stays; `notLanded`, somebody else's; `retry`, delete it. */
    lateRecords: z.array(RecordId).min(1).max(100).optional(),
    verdict: Verdict,
    /** The record that a creation made, or that a deleted one came back as; for a single change. */
    recordId: RecordId.optional(),
  })
  .refine(({ ordinals, lateRecords }) => ordinals.length > 0 !== (lateRecords !== undefined), {
    error: 'Name either changes by their `ordinals` or records by `lateRecords`.',
  });
export type ReviewInput = z.infer<typeof ReviewInput>;

export const ReviewOutcome = z.object({
  editId: idOf('edit'),
  state: EditState,
  outcome: z.partialRecord(ChangeState, z.number()),
  /** Changes that still wait for a person. */
  unresolved: z.number().int(),
});
export type ReviewOutcome = z.infer<typeof ReviewOutcome>;

/** A record that an unanswered creation may have made: came since, holds the same cells, belongs to no other journal entry. */
export const Candidate = z.object({ recordId: z.string(), createdTime: z.string() });

/** A record beside those of the journal that an unanswered request may have made, and that a person has to decide on. */
export const LateRecordView = z.object({
  recordId: z.string(),
  /** `unclear`: nobody can tell whose it is. `changed`: somebody changed it since, or it could not be deleted. */
  state: z.enum(['found', 'undo_intended', 'changed', 'unclear']),
  evidence: z.string().nullable(),
  reason: z.string().nullable(),
  foundAt: z.iso.datetime(),
  /** By field id, as it was found; empty where nobody can tell whose it is. */
  cells: Cells,
  /** Whether there was a fresh look, and what it found: null where the record is gone. */
  looked: z.boolean(),
  now: Cells.nullable(),
  /** The operation that carries out a decision on it at present. */
  deciding: idOf('operation').nullable(),
});
export type LateRecordView = z.infer<typeof LateRecordView>;

/** A change that waits for a person, with what is known of it. */
export const UnresolvedChange = ChangeRow.extend({
  journal: z.object({
    /** Which way it was going: into the base, or out of it again. */
    direction: z.enum(['apply', 'undo']),
    sentAt: z.iso.datetime().nullable(),
    settledAt: z.iso.datetime().nullable(),
    /** Changes of one request share it. */
    batch: z.string().nullable(),
    attempts: z.number().int(),
    /** By field id: what the base held just before the write, and what was to be written; null for a deletion. */
    found: Cells.nullable(),
    written: Cells.nullable(),
  }),
  /** The operation that tries it again at present. */
  retrying: idOf('operation').nullable(),
  /** A fresh look, where asked for. `record` null: it is not there. `failed`: why there could be no look. */
  now: z
    .object({
      record: Cells.nullable(),
      recordTexts: z.record(z.string(), z.string()).nullable(),
      candidates: z.array(Candidate),
      at: z.iso.datetime(),
      failed: z.string().nullable(),
    })
    .nullable(),
  /** What the base told of the record (of a creation without one: of new records of its table) since it was sent. */
  witness: z.object({
    watched: z.boolean(),
    upTo: z.iso.datetime().nullable(),
    changes: z.array(BaseChange),
    gaps: z.array(GapDetail),
  }),
  /** Records that came late of this change; each is decided on by itself. */
  late: z.array(LateRecordView),
});
export type UnresolvedChange = z.infer<typeof UnresolvedChange>;

export const ReviewPage = z.object({
  changes: z.array(UnresolvedChange),
  nextCursor: z.string().nullable(),
  unresolved: z.number().int(),
});
export type ReviewPage = z.infer<typeof ReviewPage>;
