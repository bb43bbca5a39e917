import type { Verdict } from '../../contracts/reviews';
import { SagatableError } from '../../contracts/errors';
import type { Tx } from '../database/database';
import { moveEdit, readEdit, type EditRow } from './edit-rows';
import { APPLY_STEP } from './edit-work';
import { LEFT_LATE } from './late-reviews';
import { countStates, ENTRY_COLUMNS, toEntry, type JournalEntry } from './journal';

/**
 * True for a change `c` that waits for a person. Where the edit was taken back (`buried`), what is still in the base waits
 * too, unless a person said that it stays; where it was not, a refused change does.
 */
const unresolved = (
  buried: string,
) => `(c.state IN ('unknown', 'intended', 'undo_intended', 'undo_conflict', 'undo_unknown')
  OR (c.state = 'landed' AND ${buried} AND c.verdict IS DISTINCT FROM 'landed') OR (c.state = 'failed' AND NOT ${buried})
  OR EXISTS (SELECT 1 FROM late_records l WHERE l.workspace_id = c.workspace_id AND l.edit_id = c.edit_id
    AND l.ordinal = c.ordinal AND l.state IN ${LEFT_LATE}))`;

/** Whether the change itself waits for a person, and not only records that came late of it; as the statement above has it. */
export function isUnclear({ entry: { state }, verdict }: ReviewEntry, buried: boolean): boolean {
  if (state === 'landed') return buried && verdict !== 'landed';
  if (state === 'failed') return !buried;
  return ['unknown', 'intended', 'undo_intended', 'undo_conflict', 'undo_unknown'].includes(state);
}

/** A change under review with what the journal knows of its sending. */
export interface ReviewEntry {
  readonly entry: JournalEntry;
  readonly settledAt: Date | null;
  readonly attempts: number;
  readonly verdict: Verdict | null;
  readonly reviewRecord: string | null;
  readonly reviewOperation: string | null;
}

type Row = Parameters<typeof toEntry>[0] & {
  readonly settled_at: Date | null;
  readonly attempts: number;
  readonly verdict: Verdict | null;
  readonly review_record: string | null;
  readonly review_operation: string | null;
} & Record<string, unknown>;

const REVIEW_COLUMNS = [
  ...ENTRY_COLUMNS.split(', '),
  'settled_at',
  'attempts',
  'verdict',
  'review_record',
  'review_operation',
]
  .map((name) => `c.${name}`)
  .join(', ');

const toReview = (row: Row): ReviewEntry => ({
  entry: toEntry(row),
  settledAt: row.settled_at,
  attempts: row.attempts,
  verdict: row.verdict,
  reviewRecord: row.review_record,
  reviewOperation: row.review_operation,
});

/** Whether an edit is, or was, being taken back: from then on nothing of it is to be in the base. */
export async function isBuried(tx: Tx, edit: Pick<EditRow, 'operation_id'>): Promise<boolean> {
  const { rowCount } = await tx.query(
    `SELECT 1 FROM operation_steps WHERE operation_id = $1 AND step = $2 AND state <> 'done'`,
    [edit.operation_id, APPLY_STEP],
  );
  return rowCount !== 0;
}

/** Throws Conflict `edit_not_in_review` for an edit that waits for nobody. */
export async function readReviewed(tx: Tx, editId: string): Promise<{ edit: EditRow; buried: boolean }> {
  const edit = await readEdit(tx, editId);
  if (edit.state !== 'needs_review') {
    throw new SagatableError(
      'Conflict',
      `The edit is ${edit.state.replace('_', ' ')}: there is nothing to review.`,
      { code: 'edit_not_in_review' },
    );
  }
  return { edit, buried: await isBuried(tx, edit) };
}

/** Changes that wait for a person, in order: from after an ordinal, or those with these ordinals, which are locked. */
export async function readUnresolved(
  tx: Tx,
  editId: string,
  buried: boolean,
  query: { readonly after?: number; readonly ordinals?: readonly number[]; readonly limit: number },
): Promise<ReviewEntry[]> {
  const { rows } = await tx.query<Row>(
    `SELECT ${REVIEW_COLUMNS} FROM edit_changes c WHERE c.edit_id = $1 AND ${unresolved('$2::boolean')}
       AND c.ordinal > $3 AND ($4::int[] IS NULL OR c.ordinal = ANY($4)) ORDER BY c.ordinal LIMIT $5
     ${query.ordinals ? 'FOR UPDATE OF c' : ''}`,
    [editId, buried, query.after ?? -1, query.ordinals ?? null, query.limit],
  );
  return rows.map(toReview);
}

/** How many changes of an edit wait for a person. */
export async function countUnresolved(tx: Tx, editId: string, buried: boolean): Promise<number> {
  const { rows } = await tx.query<{ n: number }>(
    `SELECT count(*)::int AS n FROM edit_changes c WHERE c.edit_id = $1 AND ${unresolved('$2::boolean')}`,
    [editId, buried],
  );
  return rows[0]?.n ?? 0;
}

/** What an operation is to carry out: the changes that its door marked. */
export async function readMarked(tx: Tx, editId: string, operationId: string): Promise<ReviewEntry[]> {
  const { rows } = await tx.query<Row>(
    `SELECT ${REVIEW_COLUMNS} FROM edit_changes c WHERE c.edit_id = $1 AND c.review_operation = $2
     ORDER BY c.ordinal`,
    [editId, operationId],
  );
  return rows.map(toReview);
}

/** Notes that the word on these changes was carried out; one that was tried again may be decided on anew. */
export async function finishMarks(
  tx: Tx,
  editId: string,
  operationId: string,
  ordinals: readonly number[],
): Promise<void> {
  await tx.query(
    `UPDATE edit_changes SET review_operation = NULL, verdict = CASE WHEN verdict = 'retry' THEN NULL ELSE verdict END
     WHERE edit_id = $1 AND review_operation = $2 AND ordinal = ANY($3)`,
    [editId, operationId, ordinals],
  );
}

/** Lets go of what an operation had marked and did not carry out: that word is forgotten. */
export async function releaseMarks(tx: Tx, editId: string, operationId: string): Promise<void> {
  await tx.query(
    `UPDATE edit_changes SET review_operation = NULL, verdict = NULL, review_record = NULL,
       state = CASE state WHEN 'pending' THEN 'failed' ELSE state END,
       reason = CASE state WHEN 'pending' THEN 'was to be tried again, and was not sent' ELSE reason END
     WHERE edit_id = $1 AND review_operation = $2`,
    [editId, operationId],
  );
}

/**
 * Ends the review of an edit once nothing of it waits for a person: `applied` where anything of it is in the base, else
 * `rolled_back`. Returns the edit's state, its changes by state, and how many still wait.
 */
export async function concludeReview(tx: Tx, editId: string) {
  const edit = await readEdit(tx, editId);
  const buried = await isBuried(tx, edit);
  const unresolvedCount = await countUnresolved(tx, editId, buried);
  const outcome = await countStates(tx, editId);
  if (unresolvedCount === 0 && edit.state === 'needs_review') {
    const kept = await tx.query(
      `SELECT 1 FROM late_records WHERE edit_id = $1 AND state = 'settled' LIMIT 1`,
      [editId],
    );
    const standing = outcome.landed || kept.rowCount || (outcome.unchanged && !buried);
    const state = standing ? 'applied' : 'rolled_back';
    await moveEdit(tx, editId, ['needs_review'], state);
    await tx.query(
      `INSERT INTO audit (workspace_id, actor, action, subject, details) VALUES ($1, 'system', 'edit.review_ended', $2, $3)`,
      [edit.workspace_id, editId, JSON.stringify({ state })],
    );
  }
  return { editId, state: (await readEdit(tx, editId)).state, outcome, unresolved: unresolvedCount };
}
