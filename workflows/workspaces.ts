import { z } from 'zod';
import { idOf } from '../contracts/ids';
import { ProvisionWorkspaceInput, ProvisionWorkspaceResult } from '../contracts/workspaces';
import { operation } from './operation';
import { provision } from './provision';
import { steps, undos } from './proxies';

export const provisionWorkspace = operation({
  name: 'provisionWorkspace',
  title: 'Provision a workspace',
  route: 'POST /v1/workspaces',
  scope: 'workspaces:create',
  tool: false,
  tenancy: 'new',
  input: ProvisionWorkspaceInput,
  output: ProvisionWorkspaceResult,
  run: (saga, input: { readonly userId: string; readonly connectionId: string; readonly name: string }) =>
    provision(saga, input),
});

export const deleteWorkspace = operation({
  name: 'deleteWorkspace',
  title: 'Delete a workspace',
  route: 'DELETE /v1/workspaces/:workspaceId',
  scope: 'workspaces:delete',
  tool: false,
  tenancy: 'workspace',
  input: z.strictObject({ workspaceId: idOf('workspace') }),
  output: z.object({ workspaceId: idOf('workspace'), deleted: z.literal(true) }),
  async run(saga) {
    await saga.step('close', {
      do: (fence) => steps.closeWorkspace({ fence }),
      undo: (fence) => undos.reopenWorkspace({ fence }),
    });
    await saga.step('erase', {
      do: (fence) => steps.eraseWorkspace({ fence }),
      // One SQL transaction and the last step: there is nothing to take back, but it must not happen late.
      undo: (fence) => undos.forbidErasing({ fence }),
    });
    return { workspaceId: saga.workspaceId, deleted: true as const };
  },
});
