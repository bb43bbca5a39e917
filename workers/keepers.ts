import type { Client } from '@temporalio/client';
import { WorkflowNotFoundError } from '@temporalio/client';
import type { Logger } from 'pino';
import type { Operations, OperationRow } from '../services/operations/operations';
import { startOperation } from '../temporal-config/start-operation';

const EVERY_MS = 5_000;
/** A start that has not been seen to arrive for this long (seconds) was lost. */
const LOST_AFTER = 5;
/** Rows that nothing touched for this long (seconds) are compared with Temporal. */
const QUIET_AFTER = 60;

interface Keeping {
  readonly operations: Operations;
  readonly temporal: Client;
  readonly logger: Logger;
}

/** Does `work` for each row; one that fails is logged and looked at later, and keeps no other from its turn. */
async function forEachRow(
  { operations, logger }: Keeping,
  rows: readonly OperationRow[],
  work: (row: OperationRow) => Promise<boolean>,
): Promise<number> {
  let count = 0;
  for (const row of rows) {
    try {
      if (await work(row)) count++;
    } catch (error) {
      logger.warn({ err: error, operationId: row.id }, 'a row could not be looked after');
      await operations.touch(row.workspace_id, row.id);
    }
  }
  return count;
}

/** Starts operations whose start was lost: the row was committed, Temporal never heard of it. */
export async function sweepLostStarts(keeping: Keeping, olderThan = LOST_AFTER): Promise<number> {
  const { operations, temporal, logger } = keeping;
  return forEachRow(keeping, await operations.listOpen(olderThan, ['starting']), async (row) => {
    await startOperation(temporal, row);
    await operations.markStarted(row.id);
    logger.warn({ operationId: row.id }, 'started an operation whose start had been lost');
    return true;
  });
}

/** Compares quiet open rows with Temporal; a run that ended without writing its row (terminated, timed out) needs review. */
export async function reconcile(keeping: Keeping, quietFor = QUIET_AFTER): Promise<number> {
  const { operations, temporal, logger } = keeping;
  const quiet = await operations.listOpen(quietFor, ['running', 'paused', 'compensating']);
  return forEachRow(keeping, quiet, async (row) => {
    const ended = await endOf(temporal, row);
    if (ended === undefined) {
      await operations.touch(row.workspace_id, row.id);
      return false;
    }
    const message = `The workflow ended outside its own control (${ended}): look at what it had done.`;
    await operations.finish(row.workspace_id, row.id, 'needs_review', null, {
      kind: 'Unavailable',
      code: 'ended_outside',
      message,
    });
    logger.error({ operationId: row.id, ended }, 'an operation ended outside its own control');
    return true;
  });
}

/** How a run ended, when it did; undefined while it runs. */
async function endOf(temporal: Client, row: OperationRow): Promise<string | undefined> {
  try {
    const { status } = await temporal.workflow.getHandle(row.workflow_id).describe();
    return status.name === 'RUNNING' ? undefined : status.name.toLowerCase();
  } catch (error) {
    if (error instanceof WorkflowNotFoundError) return 'not known to Temporal';
    throw error;
  }
}

/** Runs both every few seconds; returns the function that stops them. One failing round is logged, the next follows. */
export function startKeepers(keeping: Keeping): () => void {
  let running = false;
  const timer = setInterval(() => {
    if (running) return;
    running = true;
    void sweepLostStarts(keeping)
      .then(() => reconcile(keeping))
      .catch((error: unknown) => keeping.logger.warn({ err: error }, 'a round of the keepers failed'))
      .finally(() => (running = false));
  }, EVERY_MS);
  return () => clearInterval(timer);
}
