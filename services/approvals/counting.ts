import type { ApprovalRules } from '../../contracts/approvals';
import type { Scope } from '../../contracts/scopes';
import type { ApprovalRow, Said } from './approval-rows';
import { mayApproveOwn } from './principal';
import { isApprover, personsNeeded } from './rules';

/** That a token was granted to approve its person's proposals was checked when it was used, and does not change. */
const GRANTED: readonly Scope[] = ['edits:approveOwn'];

type Weighed = Pick<ApprovalRow, 'records' | 'deletions' | 'proposed_by'>;

/** Approvals of persons by whether they count under the rules and memberships as they stand now. */
export interface CountedApprovals {
  readonly counting: readonly Said[];
  /** Of persons who may not approve it any more: they left, have another role, or the rules changed. */
  readonly lapsed: readonly Said[];
}

/** Tells the approvals among what was said of an edit that still count from those that do not. */
export function countApprovals(
  rules: ApprovalRules,
  approval: Weighed,
  said: readonly Said[],
): CountedApprovals {
  const persons = personsNeeded(rules, approval);
  const counts = ({ userId, via, role }: Said): boolean => {
    if (!isApprover(rules, userId, role)) return false;
    const who = { via: via === 'session' ? 'session' : 'token', scopes: GRANTED } as const;
    return userId !== approval.proposed_by || mayApproveOwn(rules, who, persons);
  };
  const approvals = said.filter(({ verdict, via }) => verdict === 'approved' && via !== 'rule');
  return { counting: approvals.filter(counts), lapsed: approvals.filter((d) => !counts(d)) };
}
