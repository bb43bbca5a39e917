import { z } from 'zod';
import { idOf } from './ids';
import { Cells } from './airtable';
import { ChangeActor } from './witness';

/** What happened to a change of an edit, as far as the base is concerned. */
export const AuditEvent = z.enum(['landed', 'undone', 'unknown', 'undo_unknown', 'undo_conflict']);
export type AuditEvent = z.infer<typeof AuditEvent>;

/** Something that somebody did: `edit.approved`, `connection.created`, `applyEdit.done`. */
export const AuditAction = z.object({
  seq: z.number().int(),
  at: z.iso.datetime(),
  actor: z.string(),
  action: z.string(),
  subject: z.string(),
  details: z.record(z.string(), z.unknown()),
});
export type AuditAction = z.infer<typeof AuditAction>;

/** What an edit did to a record, without its values. */
export const AuditChange = z.object({
  seq: z.number().int(),
  at: z.iso.datetime(),
  editId: idOf('edit'),
  ordinal: z.number().int(),
  connectionId: z.string(),
  baseId: z.string(),
  tableId: z.string(),
  recordId: z.string().nullable(),
  kind: z.string(),
  event: AuditEvent,
  fieldIds: z.array(z.string()),
  /** By what it is known: the answer, a marker, the witness, reading back. */
  evidence: z.string().nullable(),
  askedBy: z.string(),
  /** `commands`, or the provider and model; null for a change set that came through the API. */
  planner: z.string().nullable(),
  approvedBy: z.string().nullable(),
  operationId: z.string().nullable(),
  /** SHA-256 (hex) over these facts, the values and a salt. */
  digest: z.string(),
});
export type AuditChange = z.infer<typeof AuditChange>;

/** By field id. Null for all of it once the record's values were erased. */
export const AuditValues = z.object({ before: Cells, after: Cells });
export type AuditValues = z.infer<typeof AuditValues>;

export const HistoryEntry = z.object({
  at: z.iso.datetime(),
  /** `edit`: through Sagatable. `foreign`: somebody else, as a watched base told. */
  by: z.enum(['edit', 'foreign']),
  event: z.enum([...AuditEvent.options, 'created', 'updated', 'deleted']),
  tableId: z.string().nullable(),
  fieldIds: z.array(z.string()),
  /** Names as they were when the edit was planned. */
  fieldNames: z.record(z.string(), z.string()),
  values: AuditValues.nullable(),
  /** Whether the values were there and have been erased. */
  erased: z.boolean(),
  /** Who asked, who approved and why; null for a foreign change. */
  edit: z
    .object({
      editId: idOf('edit'),
      ordinal: z.number().int(),
      askedBy: z.string(),
      approvedBy: z.string().nullable(),
      planner: z.string().nullable(),
      /** The proposer's own words. */
      note: z.string().nullable(),
      evidence: z.string().nullable(),
      operationId: z.string().nullable(),
      digest: z.string(),
    })
    .nullable(),
  /** Who did it, of a foreign change. */
  actor: ChangeActor.nullable(),
  source: z.string().nullable(),
});
export type HistoryEntry = z.infer<typeof HistoryEntry>;

/** Newest first. Foreign changes are in it only for the time in which the base was watched. */
export const RecordHistory = z.object({
  entries: z.array(HistoryEntry),
  watched: z.boolean(),
  nextCursor: z.string().nullable(),
});
export type RecordHistory = z.infer<typeof RecordHistory>;

export const Erasure = z.object({ recordId: z.string(), erasedAt: z.iso.datetime() });
export type Erasure = z.infer<typeof Erasure>;
