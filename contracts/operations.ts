import { z } from 'zod';
import { idOf } from './ids';

/** `starting`: the row is there, Temporal may not know of it yet. `rolled_back`: every step that was done was undone. */
export const OperationStatus = z.enum([
  'starting',
  'running',
  'paused',
  'compensating',
  'done',
  'rolled_back',
  'needs_review',
]);
export type OperationStatus = z.infer<typeof OperationStatus>;

/** Done and total count in `unit`s; `message` is for people. */
export const Progress = z.object({
  done: z.number().int().nonnegative(),
  total: z.number().int().nonnegative(),
  unit: z.string(),
  message: z.string(),
  /**
   * Seconds that the rest will take at the pace so far. Not there before it has gone on long enough to tell, nor while it
   * is paused. What is still to come behind it, such as a wait for late writes, is not in it.
   */
  secondsLeft: z.number().int().nonnegative().optional(),
});
export type Progress = z.infer<typeof Progress>;

export const OperationError = z.object({
  kind: z.string(),
  code: z.string(),
  message: z.string(),
  details: z.record(z.string(), z.unknown()).optional(),
});
export type OperationError = z.infer<typeof OperationError>;

/** What anyone who may see a transaction sees of it. */
export const OperationView = z.object({
  id: idOf('operation'),
  operation: z.string(),
  title: z.string(),
  summary: z.string(),
  workspaceId: idOf('workspace'),
  actor: z.string(),
  status: OperationStatus,
  progress: Progress.nullable(),
  result: z.unknown().optional(),
  error: OperationError.nullable(),
  editId: idOf('edit').nullable(),
  workflowId: z.string(),
  temporalUrl: z.string().nullable(),
  createdAt: z.iso.datetime(),
  updatedAt: z.iso.datetime(),
  finishedAt: z.iso.datetime().nullable(),
  steps: z
    .array(
      z.object({ step: z.string(), state: z.enum(['done', 'undone', 'tombstone']), at: z.iso.datetime() }),
    )
    .optional(),
});
export type OperationView = z.infer<typeof OperationView>;

/** Statuses in which nothing more will happen by itself. */
export const FINAL_STATUSES: readonly OperationStatus[] = ['done', 'rolled_back', 'needs_review'];

/** Carried by every attempt of a step: an undo writes a tombstone for (operation, step) that late attempts run into. */
export interface Fence {
  readonly workspaceId: string;
  readonly operationId: string;
  readonly step: string;
}
