import type { ChangeState, EditState } from '../../contracts/edits';
import type { Settling } from '../../contracts/settling';
import type { Tx } from '../database/database';
import { assertNotBuried } from '../operations/steps';
import { moveEdit } from './edit-rows';
import { APPLY_STEP, type EditRef } from './edit-work';
import { countStates } from './journal';
import { readSettling } from './late-settling';

/** States in which something of the edit is, or may be, in the base after its compensation. */
const LEFT_OVER: readonly ChangeState[] = [
  'landed',
  'intended',
  'undo_intended',
  'undo_conflict',
  'undo_unknown',
  'unknown',
];

/** States of an edit that stands of which nobody can tell what is in the base. */
const UNCLEAR: readonly ChangeState[] = ['unknown', 'failed'];

export interface Conclusion {
  readonly outcome: Partial<Record<ChangeState, number>>;
  /** Changes that are, or may be, in the base and should not be. */
  readonly leftOver: number;
  /** How late writes were waited for; null when every write was answered or found. */
  readonly settling: Settling | null;
}

/**
 * Closes an edit by what its journal says: applied, or after compensation rolled back or in need of review. What is not whole
 * (`leftOver`) and was not compensated yet stays open. Throws
 * Conflict `fenced` when a late attempt says `applied` although it is being taken back.
 */
export async function concludeEdit(
  tx: Tx,
  ref: EditRef,
  compensated: boolean,
  reason: string | null,
): Promise<Conclusion> {
  // A late attempt that says `applied` must not spoil the end of a compensation.
  if (!compensated) await assertNotBuried(tx, ref.operationId, APPLY_STEP);
  const outcome = await countStates(tx, ref.editId);
  const settling = await readSettling(tx, ref.editId);
  const late = settling?.needsReview ?? 0;
  const count = (states: readonly ChangeState[]) => states.reduce((n, state) => n + (outcome[state] ?? 0), 0);
  const leftOver = compensated ? count(LEFT_OVER) + late : count(UNCLEAR);
  // It is taken back next: nobody decides on what that is about to look at.
  if (!compensated && leftOver > 0) return { outcome, leftOver, settling };
  // An edit that stands is not taken back for a record beside it that may be somebody else's, nor for what a late write replaced.
  const replaced = (outcome.undo_conflict ?? 0) + (outcome.undo_unknown ?? 0);
  const state = leftOver + late + replaced > 0 ? 'needs_review' : compensated ? 'rolled_back' : 'applied';
  const from: readonly EditState[] = compensated
    ? ['approved', 'applying', 'applied', 'needs_review']
    : ['approved', 'applying', 'applied'];
  if (state === 'needs_review' && compensated) await explainOpen(tx, ref.editId, reason);
  await moveEdit(tx, ref.editId, from, state, reason);
  return { outcome, leftOver, settling };
}

/** Whoever looks at a change that is left finds out why: where the undo stopped, what stopped it. */
async function explainOpen(tx: Tx, editId: string, stoppedBy: string | null): Promise<void> {
  const reason = `the undo did not come to it${stoppedBy === null ? '' : `: ${stoppedBy}`}`;
  await tx.query(
    'UPDATE edit_changes SET reason = $3 WHERE edit_id = $1 AND state = ANY($2) AND reason IS NULL',
    [editId, LEFT_OVER, reason],
  );
}
