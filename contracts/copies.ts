import { z } from 'zod';
import { DisplayName } from './identity';
import { BaseId, idOf } from './ids';

/** A base to be copied onto the built-in engine, or, when a copy brought it before, what changed since. */
export const CopyBaseInput = z.strictObject({
  connectionId: idOf('connection'),
  baseId: BaseId,
  /** What the base is called here; as at the source by default. A repeated copy keeps the name it has. */
  name: DisplayName.optional(),
});
export type CopyBaseInput = z.infer<typeof CopyBaseInput>;

const Count = z.number().int().nonnegative();

export const RecordCounts = z.object({ created: Count, updated: Count, unchanged: Count, removed: Count });
export type RecordCounts = z.infer<typeof RecordCounts>;

/** What a copy has done so far. `tables` is keyed by table id; the others count attachments, and comments. */
export const CopyCounts = z.object({
  tables: z.record(z.string(), RecordCounts),
  attachments: z.object({ copied: Count, failed: Count }),
  comments: z.object({ created: Count, updated: Count, removed: Count }),
});
export type CopyCounts = z.infer<typeof CopyCounts>;

/** Something of the base as a whole that did not come, or came otherwise. */
export const LeftOut = z.object({
  kind: z.enum(['automations', 'interfaces', 'viewSettings', 'table', 'field', 'view', 'comments']),
  /** Id of the table, field or view. */
  id: z.string().optional(),
  name: z.string().optional(),
  tableId: z.string().optional(),
  reason: z.string(),
});
export type LeftOut = z.infer<typeof LeftOut>;

/** A single attachment, cell or comment that did not come. */
export const CopyProblem = z.object({
  kind: z.enum(['attachment', 'cell', 'comment']),
  tableId: z.string(),
  recordId: z.string(),
  fieldId: z.string().nullable(),
  /** Of an attachment: its filename. */
  name: z.string().nullable(),
  reason: z.string(),
});
export type CopyProblem = z.infer<typeof CopyProblem>;

/** The outcome. `leftOut` and `problems` are counted here; GET /v1/copies/:id lists them. */
export const CopyResult = z.object({
  copyId: idOf('copy'),
  baseId: BaseId,
  /** Whether the copy made the base; else it brought what had changed. */
  first: z.boolean(),
  counts: CopyCounts,
  leftOut: Count,
  problems: Count,
});
export type CopyResult = z.infer<typeof CopyResult>;

export const CopyState = z.enum(['running', 'done', 'rolled_back', 'stopped']);
export type CopyState = z.infer<typeof CopyState>;

/** A copy with its whole report. `stopped`: it ended early, and what it had brought into an older base is there. */
export const CopyView = z.object({
  id: idOf('copy'),
  workspaceId: idOf('workspace'),
  connectionId: idOf('connection'),
  baseId: BaseId,
  baseName: z.string(),
  state: CopyState,
  first: z.boolean().nullable(),
  counts: CopyCounts,
  /** Names of the tables counted. */
  tableNames: z.record(z.string(), z.string()),
  leftOut: z.array(LeftOut),
  /** The first 1,000; `problemCount` tells of all. */
  problems: z.array(CopyProblem),
  problemCount: Count,
  note: z.string().nullable(),
  requestedBy: z.string(),
  operationId: idOf('operation'),
  createdAt: z.iso.datetime(),
  finishedAt: z.iso.datetime().nullable(),
});
export type CopyView = z.infer<typeof CopyView>;

/** A copy in a list. */
export const CopySummary = CopyView.pick({
  id: true,
  baseId: true,
  baseName: true,
  connectionId: true,
  state: true,
  first: true,
  operationId: true,
  createdAt: true,
  finishedAt: true,
});
export type CopySummary = z.infer<typeof CopySummary>;
