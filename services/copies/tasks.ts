import { z } from 'zod';
import type { Tx } from '../database/database';
import { SourceAttachment } from './attachment-cells';

const Attachment = SourceAttachment.and(z.object({ fieldId: z.string() }));
export type AttachmentToFetch = z.infer<typeof Attachment>;

const Row = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('comments'), details: z.object({}) }),
  z.object({ kind: z.literal('attachment'), details: Attachment }),
]);
const Common = z.object({
  seq: z.string(),
  table_id: z.string(),
  record_id: z.string(),
  attempts: z.number(),
});

/** What a page left to be fetched. */
export type Task = z.infer<typeof Row> & {
  readonly seq: string;
  readonly tableId: string;
  readonly recordId: string;
  readonly attempts: number;
};

export type NewTask = z.infer<typeof Row> & { readonly tableId: string; readonly recordId: string };

/** Adds what is to be fetched. */
export async function addTasks(
  tx: Tx,
  workspaceId: string,
  copyId: string,
  tasks: readonly NewTask[],
): Promise<void> {
  if (tasks.length === 0) return;
  await tx.query(
    `INSERT INTO copy_tasks (workspace_id, copy_id, kind, table_id, record_id, details)
     SELECT $1, $2, v.kind, v.table_id, v.record_id, v.details
     FROM unnest($3::text[], $4::text[], $5::text[], $6::jsonb[]) WITH ORDINALITY AS v(kind, table_id, record_id, details, n)
     ORDER BY v.n`,
    [
      workspaceId,
      copyId,
      tasks.map((t) => t.kind),
      tasks.map((t) => t.tableId),
      tasks.map((t) => t.recordId),
      tasks.map((t) => JSON.stringify(t.details)),
    ],
  );
}

/** The next thing to be fetched: what was never tried, and with `again` what was, least often tried first. */
export async function nextTask(tx: Tx, copyId: string, again: boolean): Promise<Task | undefined> {
  const { rows } = await tx.query(
    `SELECT seq::text AS seq, kind, table_id, record_id, details, attempts FROM copy_tasks
     WHERE copy_id = $1 AND ($2 OR attempts = 0) ORDER BY attempts, copy_tasks.seq LIMIT 1`,
    [copyId, again],
  );
  if (!rows[0]) return undefined;
  const { seq, table_id, record_id, attempts } = Common.parse(rows[0]);
  return { ...Row.parse(rows[0]), seq, tableId: table_id, recordId: record_id, attempts };
}

/** It was fetched, or given up. */
export async function closeTask(tx: Tx, copyId: string, task: Task): Promise<void> {
  await tx.query('DELETE FROM copy_tasks WHERE copy_id = $1 AND seq = $2', [copyId, task.seq]);
}

/** It failed for now. */
export async function postponeTask(tx: Tx, copyId: string, task: Task): Promise<void> {
  await tx.query('UPDATE copy_tasks SET attempts = attempts + 1 WHERE copy_id = $1 AND seq = $2', [
    copyId,
    task.seq,
  ]);
}

/** Forgets tasks of a kind, or all. */
export async function dropTasks(tx: Tx, copyId: string, kind?: Task['kind']): Promise<void> {
  await tx.query('DELETE FROM copy_tasks WHERE copy_id = $1 AND ($2::text IS NULL OR kind = $2)', [
    copyId,
    kind ?? null,
  ]);
}
