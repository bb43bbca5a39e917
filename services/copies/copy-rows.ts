import { z } from 'zod';
import { CopyCounts, CopyState, LeftOut } from '../../contracts/copies';
import { SagatableError } from '../../contracts/errors';
import type { Database, Tx } from '../database/database';

/**
 * Where a copy stands. `records`: the first table that is not `done` is read from `offset` on, in list number `pass`;
 * then what that list did not show is removed. `retries`: what failed on the way is tried again. `links`: both sides of
 * each link are compared; `field` counts.
 */
export const Position = z.object({
  phase: z.enum(['schema', 'records', 'removals', 'retries', 'links', 'done']),
  done: z.array(z.string()),
  offset: z.string().nullable(),
  pass: z.number(),
  /** The first list of this run: what it met is counted. */
  firstPass: z.number(),
  /** How often the list of the table at hand had to start again. */
  restarts: z.number(),
  field: z.number(),
  /** Whether this run has changed the schema. */
  schemaChanged: z.boolean(),
  /** False once the source has refused to show comments. */
  comments: z.boolean(),
});
export type Position = z.infer<typeof Position>;

export const BEGINNING: Position = {
  phase: 'schema',
  done: [],
  offset: null,
  pass: 0,
  firstPass: 0,
  restarts: 0,
  field: 0,
  schemaChanged: false,
  comments: true,
};

export const NO_COUNTS: CopyCounts = {
  tables: {},
  attachments: { copied: 0, failed: 0 },
  comments: { created: 0, updated: 0, removed: 0 },
};

const Row = z.object({
  id: z.string(),
  workspace_id: z.string(),
  connection_id: z.string(),
  base_id: z.string(),
  base_name: z.string(),
  source_url: z.string(),
  state: CopyState,
  first: z.boolean().nullable(),
  position: Position,
  counts: CopyCounts,
  left_out: z.array(LeftOut),
  note: z.string().nullable(),
  requested_by: z.string(),
  operation_id: z.string(),
  created_at: z.date(),
  finished_at: z.date().nullable(),
});
export type CopyRow = z.infer<typeof Row>;

export interface NewCopy {
  readonly id: string;
  readonly workspaceId: string;
  readonly connectionId: string;
  readonly baseId: string;
  readonly baseName: string;
  readonly sourceUrl: string;
  readonly requestedBy: string;
  readonly operationId: string;
}

/** Writes the row of a copy that is to begin. */
export async function insertCopy(tx: Tx, c: NewCopy): Promise<void> {
  await tx.query(
    `INSERT INTO copies (workspace_id, id, connection_id, base_id, base_name, source_url, position, counts, requested_by, operation_id)
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)`,
    [
      c.workspaceId,
      c.id,
      c.connectionId,
      c.baseId,
      c.baseName,
      c.sourceUrl,
      JSON.stringify(BEGINNING),
      JSON.stringify(NO_COUNTS),
      c.requestedBy,
      c.operationId,
    ],
  );
}

/** Throws NotFound, in the same words for a copy of another workspace. */
export async function readCopy(tx: Tx, copyId: string): Promise<CopyRow> {
  const { rows } = await tx.query('SELECT * FROM copies WHERE id = $1', [copyId]);
  if (!rows[0]) throw new SagatableError('NotFound', 'There is no such copy.');
  return Row.parse(rows[0]);
}

/** Newest first, from after the copy that `cursor` names. */
export async function listCopies(
  tx: Tx,
  { limit, cursor }: { readonly limit: number; readonly cursor?: string | undefined },
): Promise<CopyRow[]> {
  const { rows } = await tx.query(
    `SELECT * FROM copies WHERE $1::text IS NULL OR (created_at, id) < (SELECT created_at, id FROM copies WHERE id = $1)
     ORDER BY created_at DESC, id DESC LIMIT $2`,
    [cursor ?? null, limit],
  );
  return rows.map((row) => Row.parse(row));
}

/** The workspace of a copy, to be checked against the caller before anything of it is shown. Throws NotFound. */
export async function findCopyWorkspace(db: Database, copyId: string): Promise<string> {
  const { rows } = await db.system((tx) =>
    tx.query<{ workspace_id: string }>('SELECT workspace_id FROM copies WHERE id = $1', [copyId]),
  );
  if (!rows[0]) throw new SagatableError('NotFound', 'There is no such copy.');
  return rows[0].workspace_id;
}

/** Keeps how far a copy has got, in the transaction that got it there. */
export async function saveProgress(
  tx: Tx,
  copyId: string,
  state: { readonly position: Position; readonly counts: CopyCounts },
): Promise<void> {
  await tx.query('UPDATE copies SET position = $2, counts = $3 WHERE id = $1', [
    copyId,
    JSON.stringify(state.position),
    JSON.stringify(state.counts),
  ]);
}

/** Keeps what of the base as a whole did not come. */
export async function saveLeftOut(tx: Tx, copyId: string, leftOut: readonly LeftOut[]): Promise<void> {
  await tx.query('UPDATE copies SET left_out = $2 WHERE id = $1', [copyId, JSON.stringify(leftOut)]);
}

/** Ends a running copy, once. */
export async function endCopy(
  tx: Tx,
  copyId: string,
  state: Exclude<CopyState, 'running'>,
  note: string | null,
): Promise<void> {
  await tx.query(
    `UPDATE copies SET state = $2, note = $3, finished_at = now() WHERE id = $1 AND state = 'running'`,
    [copyId, state, note],
  );
}
