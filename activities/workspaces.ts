import { SagatableError } from '../contracts/errors';
import type { Fence } from '../contracts/operations';
import type { Services } from '../services/create-services';
import { doStep, undoStep } from '../services/operations/steps';

interface Fenced {
  readonly fence: Fence;
}

/** Steps of making and removing a workspace. */
export function createWorkspaceActivities({ db, provisioning }: Pick<Services, 'db' | 'provisioning'>) {
  return {
    insertWorkspace: (i: Fenced & { name: string | null; userId: string }) =>
      doStep(db, 'system', i.fence, (tx) =>
        provisioning.insertWorkspace(tx, i.fence.workspaceId, i.name, i.userId),
      ),
    removeWorkspace: (i: Fenced) =>
      undoStep(db, 'system', i.fence, (tx) => provisioning.removeWorkspace(tx, i.fence.workspaceId)),
    insertOwner: (i: Fenced & { userId: string }) =>
      doStep(db, 'system', i.fence, (tx) => provisioning.insertOwner(tx, i.fence.workspaceId, i.userId)),
    removeOwner: (i: Fenced & { userId: string }) =>
      undoStep(db, 'system', i.fence, (tx) => provisioning.removeOwner(tx, i.fence.workspaceId, i.userId)),
    createFirstBase: (i: Fenced) =>
      doStep(db, 'tenant', i.fence, (tx) => provisioning.createFirstBase(tx, i.fence.workspaceId)),
    removeFirstBase: (i: Fenced) =>
      undoStep<{ baseId: string }>(db, 'tenant', i.fence, (tx, made) =>
        provisioning.removeFirstBase(tx, i.fence.workspaceId, made.baseId),
      ),
    connectEngine: (i: Fenced & { connectionId: string; userId: string }) =>
      doStep(db, 'system', i.fence, (tx) =>
        provisioning.connectEngine(tx, i.fence.workspaceId, i.connectionId, i.userId),
      ),
    disconnectEngine: (i: Fenced & { connectionId: string }) =>
      undoStep(db, 'system', i.fence, (tx) =>
        provisioning.disconnectEngine(tx, i.fence.workspaceId, i.connectionId),
      ),
    closeWorkspace: (i: Fenced) => doStep(db, 'tenant', i.fence, (tx) => provisioning.close(tx, i.fence)),
    reopenWorkspace: (i: Fenced) =>
      undoStep(db, 'tenant', i.fence, (tx) => provisioning.reopen(tx, i.fence.workspaceId)),
    eraseWorkspace: (i: Fenced) =>
      doStep(db, 'system', i.fence, (tx) => provisioning.erase(tx, i.fence.workspaceId)),
    forbidErasing: (i: Fenced) =>
      undoStep(db, 'system', i.fence, async () => {
        throw new SagatableError('Conflict', 'The workspace had been erased already.', { code: 'erased' });
      }),
  };
}
