import type { OperationError, OperationStatus } from '../contracts/operations';
import type { Services } from '../services/create-services';

interface Own {
  readonly workspaceId: string;
  readonly operationId: string;
}

/** The operation's own row. */
export function createBookkeepingActivities({ operations }: Pick<Services, 'operations'>) {
  return {
    noteStatus: (i: Own & { status: OperationStatus; message: string | null }) =>
      operations.setStatus(i.workspaceId, i.operationId, i.status, i.message),
    finishOperation: (
      i: Own & {
        status: 'done' | 'rolled_back' | 'needs_review';
        result: unknown;
        error: OperationError | null;
      },
    ) => operations.finish(i.workspaceId, i.operationId, i.status, i.result, i.error),
  };
}
