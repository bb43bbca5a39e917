import { createHash, createHmac, randomUUID } from 'node:crypto';
import type { Client } from '@temporalio/client';
import type { Logger } from 'pino';
import { isErrorKind, SagatableError } from '../contracts/errors';
import { FINAL_STATUSES } from '../contracts/operations';
import type { OperationSpec } from '../workflows/operation';
import type { Database, Tx } from '../services/database/database';
import { canonicalJson } from '../services/edits/canonical';
import { newId } from '../services/ids';
import type { OperationRow, Operations } from '../services/operations/operations';
import { startOperation } from '../temporal-config/start-operation';

/** Requests that may wait for a result at the same time; further ones get their 202 at once. */
const MAX_WAITERS = 200;

/** What a stage leaves for the workflow: ids and small facts. */
export interface Staged {
  readonly input: unknown;
  /** One line for people, shown in lists and in Temporal's Web UI. */
  readonly summary: string;
  readonly editId?: string;
  readonly baseId?: string;
}

export interface StartRequest {
  // A door handles operations of every shape; their types were checked where route and stage were bound.
  readonly spec: Pick<OperationSpec<unknown, unknown, unknown>, 'name' | 'tenancy'>;
  readonly actor: string;
  readonly workspaceId: string;
  /** The caller's Idempotency-Key; a fresh one when they gave none. */
  readonly key: string | undefined;
  /** What the key is unique within: the workspace, the actor, or everybody who is not signed in. */
  readonly keyScope: string;
  /** Everything that makes it the same request. */
  readonly request: unknown;
  readonly waitSeconds: number;
  /** Which workflow runs, where one route serves two. */
  readonly workflow?: string;
  stage(tx: Tx, operationId: string): Promise<Staged>;
}

interface Dependencies {
  readonly db: Database;
  readonly operations: Operations;
  readonly temporal: Client;
  readonly secret: string;
  readonly logger: Logger;
}

/** Starts operations: one SQL transaction stages, then the workflow is started, then it waits as long as asked. */
export function createOperationDoor({ db, operations, temporal, secret, logger }: Dependencies) {
  let waiters = 0;

  /** The row after at most `seconds`, finished or not. */
  async function waitFor(row: OperationRow, seconds: number): Promise<OperationRow> {
    if (seconds > 0 && waiters < MAX_WAITERS) {
      waiters++;
      try {
        const handle = temporal.workflow.getHandle(row.workflow_id);
        await temporal.withDeadline(Date.now() + seconds * 1_000, () => handle.result());
      } catch (error) {
        // A failed operation, a passed deadline or a silent Temporal: the row says what is known either way.
        logger.debug({ err: error, operationId: row.id }, 'waiting for an operation ended early');
      } finally {
        waiters--;
      }
    }
    return operations.require(row.id);
  }

  /**
   * Starts what is not started, and waits. A repeated request starts it too: the first one may not have got there yet, and
   * what Temporal does not know cannot be waited for.
   */
  async function follow(row: OperationRow, seconds: number): Promise<OperationRow> {
    if (FINAL_STATUSES.includes(row.status)) return row;
    if (row.status === 'starting') {
      try {
        await temporal.withDeadline(Date.now() + 5_000, () => startOperation(temporal, row));
      } catch (error) {
        // The row is committed: the sweeper starts it as soon as Temporal answers again.
        logger.warn(
          { err: error, operationId: row.id },
          'the start of an operation was lost and will be repeated',
        );
        return row;
      }
      await operations.markStarted(row.id);
      // Nobody waits: it stands as it was staged, and runs.
      if (seconds === 0) return { ...row, status: 'running' };
    }
    return waitFor(row, seconds);
  }

  async function repeated(
    r: StartRequest,
    name: string,
    fingerprint: string,
  ): Promise<OperationRow | undefined> {
    if (r.key === undefined) return undefined;
    const row = await operations.findByKey(r.keyScope, name, r.key);
    if (row && row.fingerprint !== fingerprint) {
      throw new SagatableError(
        'Conflict',
        'This Idempotency-Key was used for another request: use a new one.',
        { code: 'idempotency_key_reused' },
      );
    }
    return row;
  }

  return {
    waitFor,

    /** Returns the operation's row, finished if it was within the time. The same key and request return the stored outcome. */
    async start(r: StartRequest): Promise<OperationRow> {
      const name = r.workflow ?? r.spec.name;
      // Keyed, because a request can hold a password.
      const fingerprint = createHmac('sha256', secret).update(canonicalJson(r.request)).digest('hex');
      const before = await repeated(r, name, fingerprint);
      if (before) return follow(before, r.waitSeconds);
      const id = newId('operation');
      const key = r.key ?? randomUUID();
      const owner = r.spec.tenancy === 'workspace' ? r.workspaceId : r.actor;
      const digest = createHash('sha256').update(`${r.keyScope}\n${key}`).digest('hex').slice(0, 32);
      const transaction = <T>(work: (tx: Tx) => Promise<T>) =>
        r.spec.tenancy === 'new' ? db.system(work) : db.tenant(r.workspaceId, work);
      const stageAndInsert = async (tx: Tx): Promise<OperationRow> => {
        if (r.spec.tenancy === 'workspace') await enterOpenWorkspace(tx, r.workspaceId);
        const staged = await r.stage(tx, id);
        const inserted = await operations.insert(tx, {
          id,
          workspaceId: r.workspaceId,
          name,
          scope: r.keyScope,
          key,
          fingerprint,
          actor: r.actor,
          input: staged.input,
          summary: staged.summary,
          workflowId: `${name}/${owner}/${digest}`,
          editId: staged.editId ?? null,
          baseId: staged.baseId ?? null,
        });
        // Thrown, not returned: what was staged must go with the transaction.
        if (!inserted) throw new KeyTaken();
        return inserted;
      };
      let row: OperationRow;
      try {
        row = await transaction(stageAndInsert);
      } catch (error) {
        // The same request came first, by a moment: its outcome is this one's too.
        const winner = await repeated(r, name, fingerprint);
        if (winner) return follow(winner, r.waitSeconds);
        throw error;
      }
      return follow(row, r.waitSeconds);
    },
  };
}

class KeyTaken extends SagatableError {
  constructor() {
    super('Conflict', 'The same request is being handled at this moment.', { code: 'in_progress' });
  }
}

/** Holds the workspace open until the operation is staged; one that is being deleted is not there any more. */
async function enterOpenWorkspace(tx: Tx, workspaceId: string): Promise<void> {
  const open = await tx.query(
    'SELECT 1 FROM workspaces WHERE workspace_id = $1 AND closed_at IS NULL FOR SHARE',
    [workspaceId],
  );
  if (!open.rowCount) throw new SagatableError('NotFound', 'There is no such workspace.');
}

export type OperationDoor = ReturnType<typeof createOperationDoor>;

/** The error of an operation that did not end well, for the caller who waited for it. */
export function failureOf(row: OperationRow): SagatableError {
  const error = row.error ?? { kind: 'Unavailable', code: 'internal', message: 'The operation failed.' };
  const ending = row.status === 'needs_review' ? ' Not everything could be undone: it needs review.' : '';
  return new SagatableError(isErrorKind(error.kind) ? error.kind : 'Unavailable', error.message + ending, {
    code: error.code,
    details: { ...error.details, operationId: row.id, operationStatus: row.status },
  });
}
