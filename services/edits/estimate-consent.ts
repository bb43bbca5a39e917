import { SagatableError } from '../../contracts/errors';
import type { Tx } from '../database/database';
import { monthOf } from '../usage/months';
import { createCallEstimate, type CallEstimate } from './estimate';
import { readEdit } from './edit-rows';
import { previewOf } from './edit-work';
import { readChangePages } from './journal-pages';

/** What is known to be left of a connection's calls of this month beside what an edit needs. */
export interface UndoCost {
  readonly calls: CallEstimate;
  /** Null where nobody said how many calls a month the plan in Airtable has. */
  readonly left: number | null;
}

/** Whether what is left of the month is known to be too little to apply the edit and take it back. */
export const isUndoBeyondQuota = ({ calls, left }: UndoCost): boolean =>
  left !== null && calls.apply + calls.undo > left;

/** Weighs an edit, or the changes `only` of it, against what is left. Usage is up to two seconds behind. */
export async function readUndoCost(
  tx: Tx,
  editId: string,
  only?: readonly number[],
  now: Date = new Date(),
): Promise<UndoCost> {
  const edit = await readEdit(tx, editId);
  const { rows } = await tx.query<{
    share: number | null;
    monthly_calls: number | null;
    calls: string | null;
    spent: Date | null;
  }>(
    `SELECT c.share, c.monthly_calls, u.calls, u.quota_spent_at AS spent FROM connections c
     LEFT JOIN connection_usage u ON u.workspace_id = c.workspace_id AND u.connection_id = c.id AND u.month = $2
     WHERE c.id = $1`,
    [edit.connection_id, monthOf(now)],
  );
  const { share = null, monthly_calls: monthly = null, calls = null, spent = null } = rows[0] ?? {};
  const preview = previewOf(edit);
  const left = spent ? 0 : monthly === null ? null : Math.max(0, monthly - Number(calls ?? 0));
  if (only === undefined) return { calls: { ...preview.calls, verify: preview.calls.verify ?? 0 }, left };
  const estimate = createCallEstimate(preview.tables, share);
  for await (const page of readChangePages(tx, editId, only)) for (const change of page) estimate.add(change);
  return { calls: estimate.total(), left };
}

/**
 * To be called before an approval is recorded. Throws Conflict `consent_required` where the undo of what is approved is known
 * not to fit into what is left of the month's calls, unless that was `accepted`.
 */
export async function assertUndoAccepted(
  tx: Tx,
  approval: {
    readonly editId: string;
    readonly only?: readonly number[] | undefined;
    readonly accepted: boolean;
  },
): Promise<void> {
  if (approval.accepted) return;
  const cost = await readUndoCost(tx, approval.editId, approval.only);
  if (!isUndoBeyondQuota(cost)) return;
  const { calls, left } = cost;
  throw new SagatableError(
    'Conflict',
    `This edit needs ${calls.apply} calls and ${calls.undo} more to be undone, and ${left ?? 0} are left of this month: it may not be possible to take it back. Approve it with acceptUndoBeyondQuota: true, approve fewer changes with only, or wait for next month.`,
    {
      code: 'consent_required',
      details: { consent: 'acceptUndoBeyondQuota', apply: calls.apply, undo: calls.undo, left },
    },
  );
}
