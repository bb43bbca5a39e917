import { type Client, WorkflowExecutionAlreadyStartedError, type WorkflowHandle } from '@temporalio/client';
import type { OperationRow } from '../services/operations/operations';
import type { TaskQueue } from './task-queues';

const QUEUE: TaskQueue = 'operations';

/** What goes on for long by itself; a person waits for the others. */
const BACKGROUND: ReadonlySet<string> = new Set(['applyEdit', 'revertEdit', 'copyBase', 'deleteWorkspace']);

/** Of five, the first served first, three being usual. */
const PRIORITY = { awaited: 2, background: 4 };

/**
 * Starts the workflow of a staged row; a second start of the same row finds the first. The reuse policy is
 * REJECT_DUPLICATE always: an operation runs once, whatever became of it.
 */
export async function startOperation(client: Client, row: OperationRow): Promise<WorkflowHandle> {
  try {
    return await client.workflow.start(row.name, {
      workflowId: row.workflow_id,
      taskQueue: QUEUE,
      workflowIdReusePolicy: 'REJECT_DUPLICATE',
      // Its activities inherit it. Workspaces take turns within a priority, however much one of them has queued.
      priority: {
        priorityKey: BACKGROUND.has(row.name) ? PRIORITY.background : PRIORITY.awaited,
        fairnessKey: row.workspace_id,
      },
      args: [{ operationId: row.id, workspaceId: row.workspace_id, actor: row.actor, input: row.input }],
      staticSummary: row.summary.slice(0, 190),
      staticDetails: `Operation \`${row.id}\` (${row.name}) in workspace \`${row.workspace_id}\`, asked for by \`${row.actor}\`.`,
      searchAttributes: {
        SagatableWorkspace: [row.workspace_id],
        SagatableOperation: [row.name],
        SagatableActor: [row.actor],
        ...(row.base_id === null ? {} : { SagatableBase: [row.base_id] }),
        ...(row.edit_id === null ? {} : { SagatableEdit: [row.edit_id] }),
        SagatableOutcome: ['running'],
      },
    });
  } catch (error) {
    if (error instanceof WorkflowExecutionAlreadyStartedError)
      return client.workflow.getHandle(row.workflow_id);
    throw error;
  }
}
