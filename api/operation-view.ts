import type { Client } from '@temporalio/client';
import type { OperationView } from '../contracts/operations';
import * as workflows from '../workflows';
import { estimateRest } from '../services/operations/estimate-rest';
import type { OperationRow } from '../services/operations/operations';

/** Every operation there is: the catalog. */
export const OPERATIONS = Object.values(workflows).map((workflow) => workflow.spec);

const TITLES = new Map(OPERATIONS.map((spec) => [spec.name, spec.title]));

/** What people and programs see of an operation. `uiUrl` is where Temporal's Web UI is served. */
export function operationView(row: OperationRow, uiUrl: string, namespace: string): OperationView {
  return {
    id: row.id,
    operation: row.name,
    title: TITLES.get(row.name) ?? row.name,
    summary: row.summary,
    workspaceId: row.workspace_id,
    actor: row.actor,
    status: row.status,
    progress: row.progress && { ...row.progress, ...estimateRest(row, new Date()) },
    result: row.result,
    error: row.error,
    editId: row.edit_id,
    workflowId: row.workflow_id,
    temporalUrl: `${uiUrl}/namespaces/${namespace}/workflows/${encodeURIComponent(row.workflow_id)}`,
    createdAt: row.created_at.toISOString(),
    updatedAt: row.updated_at.toISOString(),
    finishedAt: row.finished_at?.toISOString() ?? null,
  };
}

/** Temporal's own word on a run and the workflow's progress query; says so when Temporal does not answer within 2 s. */
export async function askTemporal(temporal: Client, workflowId: string): Promise<Record<string, unknown>> {
  const handle = temporal.workflow.getHandle(workflowId);
  const within = <T>(ask: () => Promise<T>) => temporal.withDeadline(Date.now() + 2_000, ask);
  const [description, progress] = await Promise.allSettled([
    within(() => handle.describe()),
    within(() => handle.query('progress')),
  ]);
  const silent = (reason: unknown) => ({ unavailable: reason instanceof Error ? reason.name : 'no answer' });
  return {
    run:
      description.status === 'fulfilled'
        ? {
            status: description.value.status.name,
            runId: description.value.runId,
            startTime: description.value.startTime,
            closeTime: description.value.closeTime ?? null,
            historyLength: description.value.historyLength,
          }
        : silent(description.reason),
    progress: progress.status === 'fulfilled' ? progress.value : silent(progress.reason),
  };
}
