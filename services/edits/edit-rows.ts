import { z } from 'zod';
import type { ConflictPolicy, EditState } from '../../contracts/edits';
import { SagatableError } from '../../contracts/errors';
import type { Database, Tx } from '../database/database';
import { Preview } from './preview';

const Row = z.object({
  id: z.string(),
  workspace_id: z.string(),
  kind: z.enum(['edit', 'revert']),
  connection_id: z.string(),
  base_id: z.string(),
  base_name: z.string(),
  state: z.string().transform((s) => s as EditState),
  hash: z.string().nullable(),
  note: z.string().nullable(),
  planner: z.string().nullable(),
  proposed_by: z.string(),
  revert_of: z.string().nullable(),
  preview: Preview.nullable(),
  conflicts: z.enum(['skip', 'overwrite', 'stop', 'ask']),
  decided_by: z.string().nullable(),
  reason: z.string().nullable(),
  operation_id: z.string().nullable(),
  error: z.string().nullable(),
  expires_at: z.date().nullable(),
  created_at: z.date(),
});
export type EditRow = z.infer<typeof Row>;

const COLUMNS = `id, workspace_id, kind, connection_id, base_id, base_name, state, hash, note, planner, proposed_by, revert_of, preview,
  conflicts, decided_by, reason, operation_id, error, expires_at, created_at`;

export interface NewEdit {
  readonly id: string;
  readonly workspaceId: string;
  readonly kind: 'edit' | 'revert';
  readonly connectionId: string;
  readonly baseId: string;
  readonly request: unknown;
  readonly note: string | null;
  readonly planner: string | null;
  readonly proposedBy: string;
  readonly chatId: string | null;
  readonly revertOf: string | null;
  readonly operationId: string | null;
}

export async function insertEdit(tx: Tx, e: NewEdit): Promise<void> {
  await tx.query(
    `INSERT INTO edits (workspace_id, id, kind, connection_id, base_id, request, note, planner, proposed_by, chat_id, revert_of, operation_id)
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12) ON CONFLICT DO NOTHING`,
    [
      e.workspaceId,
      e.id,
      e.kind,
      e.connectionId,
      e.baseId,
      JSON.stringify(e.request ?? null),
      e.note,
      e.planner,
      e.proposedBy,
      e.chatId,
      e.revertOf,
      e.operationId,
    ],
  );
}

/** Throws NotFound, in the same words for an edit of another workspace. */
export async function readEdit(tx: Tx, editId: string): Promise<EditRow> {
  const { rows } = await tx.query(`SELECT ${COLUMNS} FROM edits WHERE id = $1`, [editId]);
  if (!rows[0]) throw new SagatableError('NotFound', 'There is no such edit.');
  return Row.parse(rows[0]);
}

/** The workspace of an edit, to be checked against the caller before anything of it is shown. */
export async function findEditWorkspace(db: Database, editId: string): Promise<string> {
  const { rows } = await db.system((tx) =>
    tx.query<{ workspace_id: string }>('SELECT workspace_id FROM edits WHERE id = $1', [editId]),
  );
  if (!rows[0]) throw new SagatableError('NotFound', 'There is no such edit.');
  return rows[0].workspace_id;
}

export async function readRequest(tx: Tx, editId: string): Promise<unknown> {
  const { rows } = await tx.query<{ request: unknown }>('SELECT request FROM edits WHERE id = $1', [editId]);
  return rows[0]?.request;
}

/** Moves an edit from one of the given states; false when it is in another. */
export async function moveEdit(
  tx: Tx,
  editId: string,
  from: readonly EditState[],
  to: EditState,
  error: string | null = null,
): Promise<boolean> {
  const { rowCount } = await tx.query(
    'UPDATE edits SET state = $3, error = coalesce($4, error) WHERE id = $1 AND state = ANY($2)',
    [editId, from, to, error],
  );
  return rowCount === 1;
}

/** Puts the planned change set's facts on the edit and opens it for approval. */
export async function offerEdit(
  tx: Tx,
  editId: string,
  facts: { baseName: string; hash: string; preview: Preview; expiresInHours: number },
): Promise<boolean> {
  const { rowCount } = await tx.query(
    `UPDATE edits SET state = 'proposed', base_name = $2, hash = $3, preview = $4, expires_at = now() + make_interval(hours => $5)
     WHERE id = $1 AND state = 'planning'`,
    [editId, facts.baseName, facts.hash, JSON.stringify(facts.preview), facts.expiresInHours],
  );
  return rowCount === 1;
}

/**
 * Moves an edit to `approved`, by whoever won its approval (services/approvals/deciding.ts). Throws Conflict with the reason
 * when it is not open any more, the hash is not this change set's, or it is too late.
 */
export async function approveEdit(
  tx: Tx,
  editId: string,
  decision: { hash: string; by: string; conflicts: ConflictPolicy; operationId: string },
): Promise<EditRow> {
  const { rows } = await tx.query(
    `UPDATE edits SET state = 'approved', decided_by = $3, decided_at = now(), conflicts = $4, operation_id = $5
     WHERE id = $1 AND state = 'proposed' AND hash = $2 AND expires_at > clock_timestamp() RETURNING ${COLUMNS}`,
    [editId, decision.hash, decision.by, decision.conflicts, decision.operationId],
  );
  if (rows[0]) return Row.parse(rows[0]);
  throw explainRefusal(await readEdit(tx, editId), decision.hash);
}

/** Moves an edit to `rejected`, by whoever won its approval. Throws as `approveEdit`. */
export async function rejectEdit(
  tx: Tx,
  editId: string,
  by: string,
  reason: string | null,
): Promise<EditRow> {
  const { rows } = await tx.query(
    `UPDATE edits SET state = 'rejected', decided_by = $2, decided_at = now(), reason = $3
     WHERE id = $1 AND state = 'proposed' AND expires_at > clock_timestamp() RETURNING ${COLUMNS}`,
    [editId, by, reason],
  );
  if (rows[0]) return Row.parse(rows[0]);
  const edit = await readEdit(tx, editId);
  throw explainRefusal(edit, edit.hash);
}

/** Why an edit cannot be decided on (any more). */
export function explainRefusal(edit: EditRow, hash: string | null): SagatableError {
  if (edit.state === 'planning')
    return new SagatableError('Conflict', 'The edit is still being planned.', { code: 'edit_not_ready' });
  if (edit.state !== 'proposed')
    return new SagatableError('Conflict', `The edit is already ${edit.state.replace('_', ' ')}.`, {
      code: `edit_${edit.state}`,
    });
  if (edit.hash !== hash) {
    return new SagatableError(
      'Conflict',
      'The hash is not that of the change set as it stands: look at the preview again.',
      { code: 'stale_hash' },
    );
  }
  return new SagatableError('Conflict', 'The proposal has expired: propose it again.', {
    code: 'edit_expired',
  });
}
