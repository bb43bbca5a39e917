import { SagatableError } from '../../contracts/errors';
import type { Fence } from '../../contracts/operations';
import type { Database, PreparedStatement, Tx } from '../database/database';

const CLAIM: PreparedStatement = {
  name: 'claim step',
  text: `INSERT INTO operation_steps (workspace_id, operation_id, step, state) VALUES ($1, $2, $3, 'done') ON CONFLICT DO NOTHING`,
};
const BURY: PreparedStatement = {
  name: 'bury step',
  text: `INSERT INTO operation_steps (workspace_id, operation_id, step, state) VALUES ($1, $2, $3, 'tombstone') ON CONFLICT DO NOTHING`,
};
const KEEP_RESULT: PreparedStatement = {
  name: 'keep result of step',
  text: 'UPDATE operation_steps SET result = $4 WHERE workspace_id = $1 AND operation_id = $2 AND step = $3',
};

/** Which rows the work may touch: the workspace's own, or (registration, deletion) those of identity too. */
export type Reach = 'tenant' | 'system';

function begin<T>(db: Database, reach: Reach, fence: Fence, work: (tx: Tx) => Promise<T>): Promise<T> {
  return reach === 'system' ? db.system(work) : db.tenant(fence.workspaceId, work);
}

/**
 * Carries out a step on our own stores exactly once: effect and record commit together, and a repeated attempt
 * gets the recorded result. Throws Conflict `fenced` when the step was undone meanwhile: an attempt that was
 * stopped and wakes late writes nothing.
 */
export function doStep<T>(
  db: Database,
  reach: Reach,
  fence: Fence,
  work: (tx: Tx) => Promise<T>,
): Promise<T> {
  const id = [fence.workspaceId, fence.operationId, fence.step];
  return begin(db, reach, fence, async (tx) => {
    // Waits for a concurrent attempt of the same step: the primary key makes one of them the first.
    const claimed = await tx.query(CLAIM, id);
    if (claimed.rowCount === 0) return recordedResult<T>(tx, fence);
    const result = await work(tx);
    // Without one the row says so as it is.
    if (result !== undefined && result !== null) tx.send(KEEP_RESULT, [...id, JSON.stringify(result)]);
    return result;
  });
}

async function recordedResult<T>(tx: Tx, fence: Fence): Promise<T> {
  const { rows } = await tx.query<{ state: string; result: T }>(
    'SELECT state, result FROM operation_steps WHERE workspace_id = $1 AND operation_id = $2 AND step = $3',
    [fence.workspaceId, fence.operationId, fence.step],
  );
  const row = rows[0];
  if (row?.state === 'done') return row.result;
  throw new SagatableError(
    'Conflict',
    `The step ${fence.step} was undone before this attempt: nothing was written.`,
    { code: 'fenced' },
  );
}

/**
 * Undoes a step on our own stores. Writes a tombstone first, so that a `do` that comes later finds it; `work`
 * runs only when the step had been done, with its recorded result, and once.
 */
export function undoStep<T>(
  db: Database,
  reach: Reach,
  fence: Fence,
  work: (tx: Tx, result: T) => Promise<void>,
): Promise<void> {
  const id = [fence.workspaceId, fence.operationId, fence.step];
  return begin(db, reach, fence, async (tx) => {
    const first = await tx.query(BURY, id);
    if (first.rowCount) return;
    const { rows } = await tx.query<{ result: T }>(
      `UPDATE operation_steps SET state = 'undone', at = now()
       WHERE workspace_id = $1 AND operation_id = $2 AND step = $3 AND state = 'done' RETURNING result`,
      id,
    );
    const row = rows[0];
    if (row) await work(tx, row.result);
  });
}

/** Throws Conflict `fenced` once the step is being, or was, taken back: for steps whose effect lies outside our stores. */
export async function assertNotBuried(tx: Tx, operationId: string, step: string): Promise<void> {
  const { rowCount } = await tx.query(
    `SELECT 1 FROM operation_steps WHERE operation_id = $1 AND step = $2 AND state <> 'done'`,
    [operationId, step],
  );
  if (rowCount) {
    throw new SagatableError('Conflict', 'This is being taken back: nothing more is written.', {
      code: 'fenced',
    });
  }
}

/** A tombstone alone, for steps whose effect lies outside our stores. */
export function buryStep(db: Database, fence: Fence): Promise<void> {
  return undoStep(db, 'tenant', fence, async () => undefined);
}
