import type { EditApproval } from '../../contracts/approvals';
import type { ConflictPolicy } from '../../contracts/edits';
import { SagatableError } from '../../contracts/errors';
import type { Role } from '../../contracts/workspaces';
import type { Tx } from '../database/database';
import { assertChangesExist } from '../edits/choosing';
import { assertUndoAccepted } from '../edits/estimate-consent';
import { assertSchemaConsent } from '../edits/schema-consent';
import { approveEdit, explainRefusal, readEdit, rejectEdit, type EditRow } from '../edits/edit-rows';
import {
  closeApproval,
  findApproval,
  listDecisions,
  recordDecision,
  setTerms,
  withdrawDecisions,
  type ApprovalRow,
  type Terms,
} from './approval-rows';
import { countApprovals } from './counting';
import { assertMayApprove, type Principal } from './principal';
import { personsNeeded, readRules } from './rules';
import { acknowledgeSideEffects, consentRequired, readSideEffects } from './side-effects';
import { wantComments } from '../edits/kept-comments';
import { noteAudit } from './trail';
import { viewApproval } from './views';

export interface Approving {
  readonly editId: string;
  readonly hash: string;
  readonly conflicts: ConflictPolicy;
  /** Ordinals of the changes to apply; all when absent. */
  readonly only?: readonly number[] | undefined;
  readonly acknowledgeSideEffects?: boolean | undefined;
  readonly acceptUndoBeyondQuota?: boolean | undefined;
  readonly acceptIrreversible?: boolean | undefined;
  /** The last approval's word counts. */
  readonly repostComments?: boolean | undefined;
  readonly by: Principal;
}

interface Weighed {
  readonly approval: ApprovalRow;
  /** Persons who approved and still may, the present one among them. */
  readonly persons: readonly string[];
  /** Persons whose approval does not count any more. */
  readonly lapsed: readonly string[];
  readonly missing: number;
  readonly terms: Terms;
}

/**
 * Records an approval that is not the last one needed, and returns what is still missing; undefined, with nothing written,
 * where it would be the last, or where nothing can be approved any more: `approve` is then the one to ask. Throws as that.
 */
export async function approvePartly(tx: Tx, a: Approving): Promise<EditApproval | undefined> {
  const approval = await findApproval(tx, a.editId, 'lock');
  if (!approval?.open || approval.hash !== a.hash) return undefined;
  const weighed = await weigh(tx, approval, a);
  if (weighed.missing === 0) return undefined;
  if (a.only) await assertChangesExist(tx, a.editId, a.only);
  await record(tx, weighed, a);
  await noteAudit(tx, {
    ...trailOf(approval, a.by),
    action: 'edit.approval_given',
    details: { hash: a.hash, ...detailsOf(weighed, a), missing: weighed.missing },
  });
  return viewApproval(tx, approval.workspace_id, a.editId);
}

/**
 * Gives the last approval needed, and with it leave for one operation: a conditional update of the approval's row, bound to
 * the hash; of all who decide at once one wins. Throws Conflict with the reason when another came first, the hash is not
 * this change set's, it is too late, the approvals differ (`approval_terms_differ`), or nobody consented to side effects
 * (`consent_required`); Forbidden for who may not approve it.
 */
export async function approve(tx: Tx, a: Approving, operationId: string): Promise<EditRow> {
  const approval = await findApproval(tx, a.editId, 'lock');
  if (!approval?.open || approval.hash !== a.hash) throw await whyNot(tx, a.editId, a.hash);
  const weighed = await weigh(tx, approval, a);
  if (weighed.missing > 0) {
    throw new SagatableError(
      'Conflict',
      'The rules of this workspace changed at this moment: approve again.',
      {
        code: 'approval_rules_changed',
      },
    );
  }
  await record(tx, weighed, a);
  const { hash, conflicts } = a;
  if (!(await closeApproval(tx, a.editId, { state: 'approved', hash, operationId })))
    throw await whyNot(tx, a.editId, hash);
  if (a.repostComments) await wantComments(tx, a.editId);
  const edit = await approveEdit(tx, a.editId, { hash, by: a.by.userId, conflicts, operationId });
  await noteAudit(tx, {
    ...trailOf(approval, a.by),
    action: 'edit.approved',
    details: { hash, ...detailsOf(weighed, a), persons: weighed.persons, operationId },
  });
  return edit;
}

/** Rejects an open edit, with or without approvals so far. Throws Conflict when another decision came first. */
export async function reject(
  tx: Tx,
  { editId, by, reason }: { editId: string; by: Principal; reason: string | null },
): Promise<EditRow> {
  const approval = await findApproval(tx, editId, 'lock');
  if (!approval || !(await closeApproval(tx, editId, { state: 'rejected' }))) throw await whyNot(tx, editId);
  const { userId, via, credentialId } = by;
  await recordDecision(tx, approval, { userId, via, credentialId, verdict: 'rejected', reason });
  const edit = await rejectEdit(tx, editId, userId, reason);
  await noteAudit(tx, {
    ...trailOf(approval, by),
    action: 'edit.rejected',
    details: { hash: approval.hash, reason, via, credentialId },
  });
  return edit;
}

/** What this approval comes to under the rules as they stand. Writes nothing. */
async function weigh(tx: Tx, approval: ApprovalRow, a: Approving): Promise<Weighed> {
  const { userId } = a.by;
  const rules = await readRules(tx, approval.workspace_id);
  const role = (
    await tx.query<{ role: Role }>('SELECT role FROM memberships WHERE user_id = $1 FOR SHARE', [userId])
  ).rows[0]?.role;
  const size = { records: approval.records, deletions: approval.deletions };
  assertMayApprove(rules, { ...size, proposedBy: approval.proposed_by }, a.by, role);
  if (!a.acknowledgeSideEffects && (await readSideEffects(tx, approval.connection_id)) === 'unacknowledged')
    throw consentRequired(approval.connection_id);
  await assertSchemaConsent(tx, a.editId, a);
  await assertUndoAccepted(tx, {
    editId: a.editId,
    only: a.only,
    accepted: a.acceptUndoBeyondQuota === true,
  });
  const said = (await listDecisions(tx, a.editId)).filter((d) => d.userId !== userId);
  const { counting, lapsed } = countApprovals(rules, approval, said);
  const terms = termsOf(a);
  if (counting.length > 0) assertSameTerms(approval, terms);
  const persons = [...counting.map((d) => d.userId), userId];
  return {
    approval,
    persons,
    lapsed: lapsed.map((d) => d.userId),
    terms,
    missing: Math.max(0, personsNeeded(rules, size) - persons.length),
  };
}

async function record(
  tx: Tx,
  { approval, terms, lapsed }: Weighed,
  { editId, by, ...a }: Approving,
): Promise<void> {
  const { workspace_id: workspaceId, connection_id: connectionId } = approval;
  if (a.acknowledgeSideEffects && (await readSideEffects(tx, connectionId)) === 'unacknowledged')
    await acknowledgeSideEffects(tx, { workspaceId, connectionId, by: by.userId });
  await withdrawDecisions(tx, editId, lapsed);
  await setTerms(tx, editId, terms);
  const { userId, via, credentialId } = by;
  await recordDecision(tx, approval, { userId, via, credentialId, verdict: 'approved', reason: null });
}

function termsOf({ conflicts, only }: Approving): Terms {
  return { conflicts, chosen: only === undefined ? null : [...new Set(only)].sort((a, b) => a - b) };
}

function assertSameTerms(approval: ApprovalRow, { conflicts, chosen }: Terms): void {
  if (approval.conflicts === conflicts && JSON.stringify(approval.chosen) === JSON.stringify(chosen)) return;
  const what = approval.chosen === null ? 'all changes' : `${approval.chosen.length} of the changes`;
  throw new SagatableError(
    'Conflict',
    `The approval before this one is for ${what} with conflicts: “${approval.conflicts ?? ''}”. Approve the same, or reject the edit.`,
    { code: 'approval_terms_differ', details: { conflicts: approval.conflicts, only: approval.chosen } },
  );
}

async function whyNot(tx: Tx, editId: string, hash?: string): Promise<SagatableError> {
  const edit = await readEdit(tx, editId);
  return explainRefusal(edit, hash ?? edit.hash);
}

const trailOf = (approval: ApprovalRow, by: Principal) => ({
  workspaceId: approval.workspace_id,
  actor: by.userId,
  subject: approval.edit_id,
});

const detailsOf = ({ terms, lapsed }: Weighed, { by }: Approving) => ({
  ...(lapsed.length > 0 && { lapsed }),
  chosen: terms.chosen?.length ?? 'all',
  conflicts: terms.conflicts,
  via: by.via,
  credentialId: by.credentialId,
});
