import { type Client, WorkflowExecutionAlreadyStartedError, type WorkflowHandle } from '@temporalio/client';
import type { TaskQueue } from './task-queues';

const QUEUE: TaskQueue = 'operations';

/** What the operation's row holds that its workflow is started from. */
export interface StartableOperation {
  readonly id: string;
  readonly workspaceId: string;
  readonly name: string;
  readonly actor: string;
  readonly input: unknown;
  readonly summary: string;
  readonly workflowId: string;
  readonly editId: string | null;
  readonly baseId: string | null;
}

/**
 * Starts the workflow of a staged row; a second start of the same row finds the first. The reuse policy is
 * REJECT_DUPLICATE always: an operation runs once, whatever became of it.
 */
export async function startOperation(client: Client, row: StartableOperation): Promise<WorkflowHandle> {
  try {
    return await client.workflow.start(row.name, {
      workflowId: row.workflowId,
      taskQueue: QUEUE,
      workflowIdReusePolicy: 'REJECT_DUPLICATE',
      args: [{ operationId: row.id, workspaceId: row.workspaceId, actor: row.actor, input: row.input }],
      staticSummary: row.summary.slice(0, 190),
      staticDetails: `Operation \`${row.id}\` (${row.name}) in workspace \`${row.workspaceId}\`, asked for by \`${row.actor}\`.`,
      searchAttributes: {
        SagatableWorkspace: [row.workspaceId],
        SagatableOperation: [row.name],
        SagatableActor: [row.actor],
        ...(row.baseId === null ? {} : { SagatableBase: [row.baseId] }),
        ...(row.editId === null ? {} : { SagatableEdit: [row.editId] }),
        SagatableOutcome: ['running'],
      },
    });
  } catch (error) {
    if (error instanceof WorkflowExecutionAlreadyStartedError)
      return client.workflow.getHandle(row.workflowId);
    throw error;
  }
}
