import type { Client } from '@temporalio/client';

/**
 * How many events the history of each run of a workflow has, the newest first: a long edit goes on in a new run under the
 * same id, which names the one before it in its first event.
 */
export async function readRuns(
  { workflow, workflowService, options }: Client,
  workflowId: string,
): Promise<number[]> {
  const events: number[] = [];
  for (let runId: string | undefined; ;) {
    const about = await workflow.getHandle(workflowId, runId).describe();
    events.push(about.historyLength);
    const { history } = await workflowService.getWorkflowExecutionHistory({
      namespace: options.namespace,
      execution: { workflowId, runId: about.runId },
      maximumPageSize: 1,
    });
    const before = history?.events?.[0]?.workflowExecutionStartedEventAttributes?.continuedExecutionRunId;
    if (!before) return events;
    runId = before;
  }
}
