import { ApprovalRules } from '../../../contracts/approvals';
import { ProposeEditInput } from '../../../contracts/changes';
import { ALL_SCOPES, type Scope } from '../../../contracts/scopes';
import type { Role } from '../../../contracts/workspaces';
import { createApprovals, type Approvals } from '../../../services/approvals/approvals';
import type { Approving } from '../../../services/approvals/deciding';
import type { Principal } from '../../../services/approvals/principal';
import { createPersonalTokens } from '../../../services/identity/personal-tokens';
import { newId } from '../../../services/ids';
import { createPeople } from '../../support/people';
import { createEditWorld, LIVE, type EditRefs, type EditWorld } from '../edits/edit-world';

export interface Proposed {
  readonly editId: string;
  readonly hash: string;
}
type Choice = Partial<Pick<Approving, 'hash' | 'only' | 'conflicts' | 'acknowledgeSideEffects'>>;

export interface ApprovalWorld {
  readonly edit: EditWorld;
  readonly approvals: Approvals;
  readonly workspaceId: string;
  readonly connectionId: string;
  /** The ids of films that proposals change. */
  readonly films: readonly string[];
  /** A member of the workspace. */
  join(role: Role): Promise<{ userId: string; email: string }>;
  token(userId: string, scopes: readonly Scope[]): Promise<Principal>;
  rules(over: unknown): Promise<void>;
  /** A planned edit of so many films. */
  propose(actor: string, input: unknown): Promise<Proposed>;
  /** What the door does: notes an approval, or has it start an operation. */
  approve(who: Principal, edit: Proposed, choice?: Choice): Promise<{ missing: number; started?: EditRefs }>;
  reject(who: Principal, edit: Proposed, reason?: string): Promise<void>;
  audit(editId: string): Promise<{ action: string; actor: string; details: Record<string, unknown> }[]>;
  state(editId: string): Promise<{ edit: string; approval: string; error: string | null }>;
  close(): Promise<void>;
}

/** A person at the page. */
export const session = (userId: string): Principal => ({
  userId,
  via: 'session',
  credentialId: newId('session'),
  scopes: ALL_SCOPES,
});

/** Changes one film after the other to another value each time, so that no two change sets are the same. */
export const changes = (ids: readonly string[], gross: number) => ({
  changes: ids.map((recordId) => ({ kind: 'update', table: 'Films', recordId, cells: { Gross: gross } })),
});

/** Approvals over a real database, of edits of a real base that is reached as Airtable is. */
export async function createApprovalWorld(): Promise<ApprovalWorld> {
  const edit = await createEditWorld();
  const { workspaceId, database, base } = edit.server;
  const { db, admin } = database;
  const approvals = createApprovals({ db });
  const people = createPeople(db);
  const tokens = createPersonalTokens({ db });
  const films = await edit.films(12);
  const found = await admin.query<{ id: string }>(`SELECT id FROM connections WHERE kind = 'airtable'`);
  const connectionId = found.rows[0]?.id ?? '';

  const world: ApprovalWorld = {
    edit,
    approvals,
    workspaceId,
    connectionId,
    films,
    async join(role) {
      const user = await people.register(role);
      await people.join(workspaceId, user, role);
      return user;
    },
    async token(userId, scopes) {
      const wanted = { userId, workspaceId, name: 'For a test', scopes, expiresInDays: 1 };
      const { view } = await db.system((tx) => tokens.create(tx, { ...wanted, scopes: [...scopes] }));
      return { userId, via: 'token', credentialId: view.id, scopes };
    },
    async rules(over) {
      await approvals.setRules(workspaceId, ApprovalRules.parse(over), 'usr_test');
    },
    async propose(actor, input) {
      const request = ProposeEditInput.parse({ baseId: base.id, connectionId, ...(input as object) });
      const proposal = { workspaceId, actor, input: request, planner: null, chatId: null };
      const { editId, hash } = await edit.edits.propose(proposal, LIVE);
      return { editId, hash };
    },
    async approve(by, { editId, hash }, choice = {}) {
      const approving: Approving = {
        editId,
        hash,
        conflicts: 'skip',
        acknowledgeSideEffects: true,
        by,
        ...choice,
      };
      const partly = await db.tenant(workspaceId, (tx) => approvals.approvePartly(tx, approving));
      if (partly) return { missing: partly.missing };
      const operationId = newId('operation');
      await db.tenant(workspaceId, async (tx) => {
        await approvals.approve(tx, approving, operationId);
        await edit.edits.choose(tx, editId, approving.only);
      });
      return { missing: 0, started: { workspaceId, editId, operationId } };
    },
    async reject(by, { editId }, reason) {
      await approvals.reject(workspaceId, { editId, by, reason: reason ?? null });
    },
    async audit(editId) {
      const sql = 'SELECT action, actor, details FROM audit WHERE subject = $1 ORDER BY seq';
      return (
        await admin.query<{ action: string; actor: string; details: Record<string, unknown> }>(sql, [editId])
      ).rows;
    },
    async state(editId) {
      const sql = `SELECT e.state AS edit, a.state AS approval, e.error FROM edits e JOIN approvals a ON a.edit_id = e.id WHERE e.id = $1`;
      const row = (await admin.query<{ edit: string; approval: string; error: string | null }>(sql, [editId]))
        .rows[0];
      if (!row) throw new Error('there is no such edit');
      return row;
    },
    close: () => edit.close(),
  };
  return world;
}
