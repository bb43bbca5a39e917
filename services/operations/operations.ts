import type { OperationError, OperationStatus, Progress } from '../../contracts/operations';
import { SagatableError } from '../../contracts/errors';
import type { Database, PreparedStatement, Tx } from '../database/database';
import { createBatches } from './batches';

export interface OperationRow {
  readonly id: string;
  readonly workspace_id: string;
  readonly name: string;
  readonly actor: string;
  readonly fingerprint: string;
  readonly input: unknown;
  readonly summary: string;
  readonly workflow_id: string;
  readonly status: OperationStatus;
  readonly progress: Progress | null;
  readonly result: unknown;
  readonly error: OperationError | null;
  readonly edit_id: string | null;
  readonly base_id: string | null;
  readonly created_at: Date;
  readonly updated_at: Date;
  readonly finished_at: Date | null;
  readonly paced_since: Date | null;
  readonly paced_from: number | null;
}

const COLUMNS = `id, workspace_id, name, actor, fingerprint, input, summary, workflow_id, status, progress, result, error,
  edit_id, base_id, created_at, updated_at, finished_at, paced_since, paced_from`;
const OPEN = `status NOT IN ('done', 'rolled_back', 'needs_review')`;

export interface NewOperation {
  readonly id: string;
  readonly workspaceId: string;
  readonly name: string;
  readonly scope: string;
  readonly key: string;
  readonly fingerprint: string;
  readonly actor: string;
  readonly input: unknown;
  readonly summary: string;
  readonly workflowId: string;
  readonly editId: string | null;
  readonly baseId: string | null;
}

/** What every start or look asks: each connection parses it once. */
const INSERT: PreparedStatement = {
  name: 'insert operation',
  text: `INSERT INTO operations (workspace_id, id, name, scope, key, fingerprint, actor, input, summary, workflow_id, edit_id, base_id)
    VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)
    ON CONFLICT (scope, name, key) DO NOTHING RETURNING ${COLUMNS}`,
};
const FIND_BY_KEY: PreparedStatement = {
  name: 'operation of a key',
  text: `SELECT ${COLUMNS} FROM operations WHERE scope = $1 AND name = $2 AND key = $3`,
};
const FIND_BY_ID: PreparedStatement = {
  name: 'operation',
  text: `SELECT ${COLUMNS} FROM operations WHERE id = $1`,
};
const LIST: PreparedStatement = {
  name: 'operations of a workspace',
  text: `SELECT ${COLUMNS} FROM operations WHERE workspace_id = $1
      AND ($3::text IS NULL OR (created_at, id) < (SELECT created_at, id FROM operations WHERE id = $3))
    ORDER BY created_at DESC, id DESC LIMIT $2`,
};
const MARK_STARTED: PreparedStatement = {
  name: 'operations started',
  text: `UPDATE operations SET status = 'running', updated_at = now() WHERE id = ANY($1) AND status = 'starting'`,
};
// An edit that its operation leaves behind unfinished (terminated, say) must not look as if it went on.
const FINISH: PreparedStatement = {
  name: 'finish operation',
  text: `WITH ended AS (
      UPDATE operations SET status = $2, result = $3, error = $4, updated_at = now(), finished_at = now()
      WHERE id = $1 AND ${OPEN} RETURNING workspace_id, id, name, actor, status, edit_id
    ), left_behind AS (
      UPDATE edits e SET state = CASE e.state WHEN 'planning' THEN 'failed' ELSE 'needs_review' END, error = $5
      FROM ended WHERE e.workspace_id = ended.workspace_id AND e.operation_id = ended.id
        AND e.state IN ('planning', 'approved', 'applying')
    )
    INSERT INTO audit (workspace_id, actor, action, subject, details)
    SELECT workspace_id, actor, name || '.' || status, id, jsonb_build_object('editId', edit_id) FROM ended`,
};

/** Rows of transactions: staged by the door, written by steps, read by everybody else. */
export function createOperations(db: Database) {
  const started = createBatches((ids: readonly string[]) =>
    db.system(async (tx) => tx.send(MARK_STARTED, [ids]), { durable: false }),
  );
  return {
    /** Writes the row, or returns undefined when this scope, operation and key have one already. */
    async insert(tx: Tx, o: NewOperation): Promise<OperationRow | undefined> {
      const { rows } = await tx.query<OperationRow>(INSERT, [
        o.workspaceId,
        o.id,
        o.name,
        o.scope,
        o.key,
        o.fingerprint,
        o.actor,
        JSON.stringify(o.input),
        o.summary,
        o.workflowId,
        o.editId,
        o.baseId,
      ]);
      return rows[0];
    },

    /** The row that a key already led to. Spans tenants: a key of `provisionWorkspace` belongs to its actor. */
    async findByKey(scope: string, name: string, key: string): Promise<OperationRow | undefined> {
      const [row] = await db.lookUp<OperationRow>(FIND_BY_KEY, [scope, name, key]);
      return row;
    },

    /** The workspace of an operation, to be checked against the caller before anything of it is shown. */
    async findById(id: string): Promise<OperationRow | undefined> {
      const [row] = await db.lookUp<OperationRow>(FIND_BY_ID, [id]);
      return row;
    },

    /** Newest first; `before` is the id of the last row of the page before. */
    async list(workspaceId: string, limit: number, before: string | undefined): Promise<OperationRow[]> {
      const values = [workspaceId, limit, before ?? null];
      const work = (tx: Tx) => tx.query<OperationRow>(LIST, values);
      return (await db.tenant(workspaceId, work, { readOnly: true })).rows;
    },

    listSteps(workspaceId: string, operationId: string) {
      return db.tenant(workspaceId, async (tx) => {
        const { rows } = await tx.query<{ step: string; state: 'done' | 'undone' | 'tombstone'; at: Date }>(
          'SELECT step, state, at FROM operation_steps WHERE workspace_id = $1 AND operation_id = $2 ORDER BY at, step',
          [workspaceId, operationId],
        );
        return rows;
      });
    },

    /** Rows that are not finished and were not touched for `olderThanSeconds`: what sweeper and reconciler look at. */
    listOpen(
      olderThanSeconds: number,
      statuses: readonly OperationStatus[],
      limit = 100,
    ): Promise<OperationRow[]> {
      return db.system(async (tx) => {
        const { rows } = await tx.query<OperationRow>(
          `SELECT ${COLUMNS} FROM operations WHERE ${OPEN} AND status = ANY($2)
             AND updated_at < now() - make_interval(secs => $1) ORDER BY updated_at LIMIT $3`,
          [olderThanSeconds, statuses, limit],
        );
        return rows;
      });
    },

    /** Keeps a row from being looked at again before its time. */
    touch: (workspaceId: string, id: string) =>
      db.tenant(workspaceId, (tx) =>
        tx.query(`UPDATE operations SET updated_at = now() WHERE id = $1`, [id]),
      ),

    /** Moves an unfinished row on; a finished one stays as it is. */
    setStatus(
      workspaceId: string,
      id: string,
      status: OperationStatus,
      message: string | null,
    ): Promise<void> {
      return db.tenant(workspaceId, async (tx) => {
        await tx.query(
          `UPDATE operations SET status = $2, updated_at = now(), paced_since = NULL,
             progress = CASE WHEN $3::text IS NULL THEN progress
               ELSE coalesce(progress, '{"done":0,"total":0,"unit":""}'::jsonb) || jsonb_build_object('message', $3::text) END
           WHERE id = $1 AND ${OPEN}`,
          [id, status, message],
        );
      });
    },

    /**
     * The start has arrived; what the workflow has written since stays. A mark that is lost with the database's power costs
     * one start more, which finds the first.
     */
    markStarted: (id: string): Promise<void> => started.add(id),

    /** Inside the transaction that settles the work counted. */
    setProgress(tx: Tx, id: string, progress: Progress): Promise<void> {
      // What follows the first full stop is why it stands still: it is the same work all the same.
      const [phase] = progress.message.split('.');
      tx.send(
        `UPDATE operations SET progress = $2, updated_at = now(), paced_phase = $3,
           paced_since = CASE WHEN paced_phase = $3 THEN coalesce(paced_since, now()) ELSE now() END,
           paced_from = CASE WHEN paced_phase = $3 AND paced_since IS NOT NULL THEN paced_from ELSE $4 END
         WHERE id = $1 AND ${OPEN}`,
        [id, JSON.stringify(progress), phase, progress.done],
      );
      return Promise.resolve();
    },

    /** Ends a row, once: a repeated or late end changes nothing. */
    finish(
      workspaceId: string,
      id: string,
      status: 'done' | 'rolled_back' | 'needs_review',
      result: unknown,
      error: OperationError | null,
    ): Promise<void> {
      const failure = error && JSON.stringify(error);
      const values = [id, status, JSON.stringify(result ?? null), failure, error?.message ?? null];
      return db.tenant(workspaceId, async (tx) => tx.send(FINISH, values));
    },

    async require(id: string): Promise<OperationRow> {
      const row = await this.findById(id);
      if (!row) throw new SagatableError('NotFound', 'There is no such operation.');
      return row;
    },
  };
}

export type Operations = ReturnType<typeof createOperations>;
