import { createBookkeepingActivities } from '../activities/bookkeeping';
import type { Fence } from '../contracts/operations';
import type { Services } from '../services/create-services';
import { doStep, undoStep } from '../services/operations/steps';

/** What the measured workflows call. */
export function createMeasuredActivities({ db, operations }: Pick<Services, 'db' | 'operations'>) {
  return {
    ...createBookkeepingActivities({ operations }),
    doNothing: async (_step: string): Promise<void> => undefined,
    /** The least that leaves a row: one INSERT under row-level security. */
    insertRow: ({ workspaceId, operationId, step }: Fence): Promise<void> =>
      db.tenant(workspaceId, async (tx) => {
        await tx.query(
          `INSERT INTO operation_steps (workspace_id, operation_id, step, state) VALUES ($1, $2, $3, 'done')`,
          [workspaceId, operationId, step],
        );
      }),
    doStep: (fence: Fence): Promise<void> => doStep(db, 'tenant', fence, async () => undefined),
    undoStep: (fence: Fence): Promise<void> => undoStep(db, 'tenant', fence, async () => undefined),
  };
}

export type MeasuredActivities = ReturnType<typeof createMeasuredActivities>;
