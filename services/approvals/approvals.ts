import type { ApprovalRules } from '../../contracts/approvals';
import type { Role } from '../../contracts/workspaces';
import type { Database, Tx } from '../database/database';
import { assertMayDecide } from './deciders';
import { approve, approvePartly, reject, type Approving } from './deciding';
import type { Principal } from './principal';
import { readRulesView, saveRules } from './rules';
import { acknowledgeSideEffects } from './side-effects';
import { noteAudit } from './trail';
import { expireApprovals, remindApprovers } from './upkeep';
import { listPending } from './views';

/** Who may let an edit happen, what they said, and what waits for them. */
export function createApprovals({ db }: { readonly db: Database }) {
  return {
    rules: (workspaceId: string) => db.tenant(workspaceId, (tx) => readRulesView(tx, workspaceId)),
    setRules: (workspaceId: string, rules: ApprovalRules, by: string) =>
      db.tenant(workspaceId, (tx) => saveRules(tx, workspaceId, rules, by)),

    approvePartly: (tx: Tx, approving: Approving) => approvePartly(tx, approving),
    approve: (tx: Tx, approving: Approving, operationId: string) => approve(tx, approving, operationId),
    reject: (workspaceId: string, rejecting: Parameters<typeof reject>[1]) =>
      db.tenant(workspaceId, (tx) => reject(tx, rejecting)),

    /** Throws unless who may approve an edit is also to say what becomes of it. */
    assertMayDecide: (workspaceId: string, editId: string, who: Principal) =>
      db.tenant(workspaceId, (tx) => assertMayDecide(tx, workspaceId, editId, who)),

    /** The trail of a decision that was refused: whoever loses a race is in it too. */
    noteRefusal: (
      workspaceId: string,
      editId: string,
      by: Principal,
      details: { verdict: string; code: string },
    ) =>
      db.tenant(workspaceId, (tx) =>
        noteAudit(tx, {
          workspaceId,
          actor: by.userId,
          action: 'edit.decision_refused',
          subject: editId,
          details: { ...details, via: by.via, credentialId: by.credentialId },
        }),
      ),

    pending: (
      workspaceId: string,
      who: Principal & { readonly role: Role },
      page: { limit: number; after: string | undefined },
    ) => db.tenant(workspaceId, (tx) => listPending(tx, workspaceId, who, page)),

    consent: (workspaceId: string, connectionId: string, by: string) =>
      db.tenant(workspaceId, (tx) => acknowledgeSideEffects(tx, { workspaceId, connectionId, by })),

    expire: () => expireApprovals(db),
    remind: () => remindApprovers(db),
  };
}

export type Approvals = ReturnType<typeof createApprovals>;
