import type { ProvisionWorkspaceResult } from '../contracts/workspaces';
import type { Saga } from './operation';
import { steps, undos } from './proxies';

/** The steps of a new workspace: row, owner, base on the engine, connection to it. A null name is taken from the registration. */
export async function provision(
  saga: Saga,
  input: { readonly userId: string; readonly connectionId: string; readonly name: string | null },
): Promise<ProvisionWorkspaceResult> {
  const { workspaceId } = saga;
  const { userId, connectionId, name } = input;
  await saga.step('workspace', {
    do: (fence) => steps.insertWorkspace({ fence, name, userId }),
    undo: (fence) => undos.removeWorkspace({ fence }),
  });
  await saga.step('owner', {
    do: (fence) => steps.insertOwner({ fence, userId }),
    undo: (fence) => undos.removeOwner({ fence, userId }),
  });
  const { baseId } = await saga.step<{ baseId: string }>('base', {
    do: (fence) => steps.createFirstBase({ fence }),
    undo: (fence) => undos.removeFirstBase({ fence }),
  });
  await saga.step('connection', {
    do: (fence) => steps.connectEngine({ fence, connectionId, userId }),
    undo: (fence) => undos.disconnectEngine({ fence, connectionId }),
  });
  return { workspaceId, connectionId, baseId };
}
