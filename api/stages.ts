import type { Tx } from '../services/database/database';
import type { Actor } from '../contracts/identity';
import { SagatableError } from '../contracts/errors';
import { RegisterUserInput } from '../contracts/identity';
import { ProvisionWorkspaceInput } from '../contracts/workspaces';
import { ProposeEditInput } from '../contracts/changes';
import { PostMessageInput } from '../contracts/chats';
import { CopyBaseInput } from '../contracts/copies';
import type { EditApproval, PartialApproval } from '../contracts/approvals';
import { RevertInput } from '../contracts/dependents';
import { ApproveInput } from '../contracts/edits';
import { ReviewInput } from '../contracts/reviews';
import type { Services } from '../services/create-services';
import { insertEdit, readEdit } from '../services/edits/edit-rows';
import { hashPassword } from '../services/identity/passwords';
import { newId } from '../services/ids';
import type { Staged } from './operation-door';

export interface StageContext {
  readonly services: Services;
  /** Null where nobody is signed in yet. */
  readonly actor: Actor | null;
  readonly workspaceId: string;
  readonly params: Readonly<Record<string, string>>;
  /** Parsed by the operation's own schema. */
  readonly input: unknown;
}

/** Nothing is to be started (yet): what the caller is answered instead. */
export interface Answer {
  readonly answer: unknown;
}

export interface Stage {
  /** Overrides the id of the workspace that an operation makes. */
  readonly workspaceId?: string;
  /** Another workflow than the route's own. */
  readonly workflow?: string;
  write(tx: Tx, operationId: string): Promise<Staged>;
  /** Told when nothing came of the start. */
  refused?(): Promise<void>;
}

/** How long (ms) a request waits for the look at a record that it names. */
const LOOK_WITHIN_MS = 10_000;

const VERDICTS = { landed: 'it landed', notLanded: 'it did not land', retry: 'try again' } as const;

const userIdOf = (actor: Actor | null) => actor?.userId ?? 'anonymous';

/** Per operation: what its door writes in the transaction of the operation's row. Passwords are hashed before it opens. */
export const STAGES: Readonly<Record<string, (c: StageContext) => Promise<Stage | Answer>>> = {
  async registerUser({ services, input }) {
    const { email, password, name } = RegisterUserInput.parse(input);
    const passwordHash = await hashPassword(password);
    const workspaceId = newId('workspace');
    return {
      workspaceId,
      async write(tx) {
        const staged = await services.registrations.stageRegistration(tx, {
          email,
          passwordHash,
          name,
          workspaceId,
        });
        const { registrationId, userId } = staged;
        return {
          input: { registrationId, userId, connectionId: newId('connection') },
          summary: 'Register a user with a first workspace',
        };
      },
    };
  },

  async provisionWorkspace({ actor, input }) {
    const { name } = ProvisionWorkspaceInput.parse(input);
    return {
      workspaceId: newId('workspace'),
      write: async () => ({
        input: { userId: userIdOf(actor), connectionId: newId('connection'), name },
        summary: `Provision the workspace “${name}”`,
      }),
    };
  },

  async deleteWorkspace({ workspaceId }) {
    return { write: async () => ({ input: {}, summary: `Delete the workspace ${workspaceId}` }) };
  },

  async proposeEdit({ services, actor, workspaceId, input }) {
    const request = ProposeEditInput.parse(input);
    const connectionId = await services.edits.connectionFor(
      workspaceId,
      request.baseId,
      request.connectionId,
    );
    const editId = newId('edit');
    return {
      async write(tx, operationId) {
        await insertEdit(tx, {
          id: editId,
          workspaceId,
          kind: 'edit',
          connectionId,
          baseId: request.baseId,
          request,
          note: request.note ?? null,
          planner: null,
          proposedBy: userIdOf(actor),
          chatId: null,
          revertOf: null,
          operationId,
        });
        const parts = [`${request.changes.length} changes`, `${request.rules.length} rules`];
        return {
          input: { editId },
          summary: `Plan an edit of ${parts.join(' and ')}`,
          editId,
          baseId: request.baseId,
        };
      },
    };
  },

  async proposeRevert({ actor, workspaceId, params, input }) {
    const request = RevertInput.parse(input);
    const editId = newId('edit');
    return {
      async write(tx, operationId) {
        const original = await readEdit(tx, params['editId'] ?? '');
        if (original.state !== 'applied' && original.state !== 'needs_review') {
          throw new SagatableError(
            'Conflict',
            `An edit that is ${original.state.replace('_', ' ')} has nothing to undo.`,
            { code: 'edit_not_revertible' },
          );
        }
        await insertEdit(tx, {
          id: editId,
          workspaceId,
          kind: 'revert',
          connectionId: original.connection_id,
          baseId: original.base_id,
          request,
          note: null,
          planner: null,
          proposedBy: userIdOf(actor),
          chatId: null,
          revertOf: original.id,
          operationId,
        });
        return {
          input: { editId },
          summary: `Plan the undo of ${original.id}: ${original.preview?.headline ?? ''}`,
          editId,
          baseId: original.base_id,
        };
      },
    };
  },

  async applyEdit({ services, actor, workspaceId, params, input }) {
    const editId = params['editId'] ?? '';
    if (!actor) throw new SagatableError('Unauthenticated', 'Sign in to approve an edit.');
    const approving = { ...ApproveInput.parse(input), editId, by: actor };
    const edit = await services.db.tenant(workspaceId, (tx) => readEdit(tx, editId));
    const { writable, name } = await services.connections.get(workspaceId, edit.connection_id);
    if (!writable) {
      throw new SagatableError(
        'Forbidden',
        `The connection “${name}” is read-only: switch it on before approving.`,
        { code: 'connection_read_only' },
      );
    }
    const noteRefusal = async (refusal: unknown) => {
      if (!(refusal instanceof SagatableError)) return;
      const details = { verdict: 'approved', code: refusal.code };
      await services.approvals.noteRefusal(workspaceId, editId, actor, details);
    };
    let approval: EditApproval | undefined;
    try {
      approval = await services.db.tenant(workspaceId, (tx) =>
        services.approvals.approvePartly(tx, approving),
      );
    } catch (error) {
      await noteRefusal(error);
      throw error;
    }
    if (approval) return { answer: { editId, approval } satisfies PartialApproval };
    let refusal: unknown;
    return {
      workflow: edit.kind === 'revert' ? 'revertEdit' : 'applyEdit',
      refused: () => noteRefusal(refusal),
      async write(tx, operationId) {
        const approved = await services.approvals
          .approve(tx, approving, operationId)
          .catch((error: unknown) => {
            refusal = error;
            throw error;
          });
        await services.edits.choose(tx, editId, approving.only);
        const verb = approved.kind === 'revert' ? 'Undo' : 'Apply';
        const summary = `${verb}: ${approved.preview?.headline ?? editId} of ${approved.base_name}`;
        return { input: { editId }, summary, editId, baseId: approved.base_id };
      },
    };
  },

  async reviewEdit({ services, actor, workspaceId, params, input }) {
    const review = ReviewInput.parse(input);
    const editId = params['editId'] ?? '';
    if (!actor) throw new SagatableError('Unauthenticated', 'Sign in to review an edit.');
    await services.approvals.assertMayDecide(workspaceId, editId, actor);
    const patience = AbortSignal.timeout(LOOK_WITHIN_MS);
    const seen = await services.reviews.check({ workspaceId, editId }, review, patience);
    return {
      async write(tx, operationId) {
        const ref = { workspaceId, editId, operationId };
        await services.reviews.stage(tx, ref, actor.userId, review, seen);
        const { base_id: baseId } = await readEdit(tx, editId);
        const n = (review.lateRecords ?? review.ordinals).length;
        const what = review.lateRecords ? 'late record' : 'change';
        const summary = `Review of ${editId}: ${VERDICTS[review.verdict]} (${n} ${n === 1 ? what : `${what}s`})`;
        return { input: { editId }, summary, editId, baseId };
      },
    };
  },

  async copyBase({ services, actor, workspaceId, input }) {
    const prepared = await services.copies.prepare(workspaceId, CopyBaseInput.parse(input));
    return {
      async write(tx, operationId) {
        const requestedBy = userIdOf(actor);
        const { copyId } = await services.copies.stage(tx, {
          ...prepared,
          workspaceId,
          requestedBy,
          operationId,
        });
        const summary = `Copy the base “${prepared.baseName}”`;
        return { input: { copyId }, summary, baseId: prepared.baseId };
      },
    };
  },

  async chatTurn({ services, actor, workspaceId, params, input }) {
    const { text, baseId } = PostMessageInput.parse(input);
    const chatId = params['chatId'] ?? '';
    return {
      async write(tx) {
        const turn = await services.chats.stageTurn(tx, {
          workspaceId,
          chatId,
          userId: userIdOf(actor),
          text,
          baseId: baseId ?? null,
        });
        return { input: turn, summary: 'Answer a message in a chat' };
      },
    };
  },
};
