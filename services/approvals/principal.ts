import type { ApprovalRules } from '../../contracts/approvals';
import { SagatableError } from '../../contracts/errors';
import type { Actor } from '../../contracts/identity';
import type { Role } from '../../contracts/workspaces';
import { isApprover, personsNeeded, type EditSize } from './rules';

/** Who decides: a person’s session, or one of their tokens. */
export type Principal = Pick<Actor, 'userId' | 'via' | 'credentialId' | 'scopes'>;

/**
 * Whether this principal may approve what was proposed in their person’s own name. A person at the page may, unless the rules
 * say no. A token may only where the person granted it that in so many words, and never where a second person is asked
 * for: else one program could propose and approve. All tokens of a person count as one, since one can make another.
 */
export function mayApproveOwn(
  rules: ApprovalRules,
  { via, scopes }: Pick<Principal, 'via' | 'scopes'>,
  persons: number,
): boolean {
  if (!rules.proposerMayApprove) return false;
  return via === 'session' || (persons === 1 && scopes.includes('edits:approveOwn'));
}

/** Throws Forbidden `not_an_approver`, or `own_proposal` with what would help. */
export function assertMayApprove(
  rules: ApprovalRules,
  edit: EditSize & { readonly proposedBy: string },
  who: Principal,
  role: Role | undefined,
): void {
  if (!isApprover(rules, who.userId, role)) {
    throw new SagatableError(
      'Forbidden',
      'By the rules of this workspace you are not one of those who approve edits: ask one who is.',
      { code: 'not_an_approver' },
    );
  }
  const persons = personsNeeded(rules, edit);
  if (edit.proposedBy !== who.userId || mayApproveOwn(rules, who, persons)) return;
  const reason = !rules.proposerMayApprove
    ? 'By the rules of this workspace nobody approves what was proposed in their own name: ask somebody else.'
    : persons > 1
      ? 'This edit needs two persons: a token cannot approve what was proposed in its person’s name. Approve it on the page.'
      : 'This edit was proposed in the name of the person whose token this is: approve it on the page, or with a token that has the scope edits:approveOwn.';
  throw new SagatableError('Forbidden', reason, { code: 'own_proposal' });
}
