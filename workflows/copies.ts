import { ApplicationFailure, sleep } from '@temporalio/workflow';
import { CopyBaseInput, CopyResult } from '../contracts/copies';
import { walkChunks } from './chunks';
import { operation, type Saga } from './operation';
import { airtable, airtableUndo, steps, undos } from './proxies';

interface CopyInput {
  readonly copyId: string;
}
interface CopyRef extends CopyInput {
  readonly workspaceId: string;
  readonly operationId: string;
}

export const copyBase = operation({
  name: 'copyBase',
  title: 'Copy a base',
  route: 'POST /v1/workspaces/:workspaceId/copies',
  scope: 'bases:copy',
  tool: false,
  tenancy: 'workspace',
  input: CopyBaseInput,
  output: CopyResult,
  async run(saga, { copyId }: CopyInput) {
    const ref = { workspaceId: saga.workspaceId, operationId: saga.operationId, copyId };
    await saga.step('base', {
      do: (fence) => steps.openCopiedBase({ fence, copyId }),
      undo: (fence) => undos.closeCopiedBase({ fence, copyId }),
    });
    await saga.step('copy', {
      do: () => copy(saga, ref),
      undo: () => stop(saga, ref),
    });
    return saga.step('conclude', {
      do: (fence) => steps.concludeCopy({ fence, copyId }),
      undo: 'nothing to undo: it only says that the copy has come to its end, after which nothing can fail',
    });
  },
});

/** Copies chunk by chunk. The one undo takes back what this run has made. */
function copy(saga: Saga, ref: CopyRef): Promise<void> {
  return walkChunks(saga, { unit: 'tables', message: 'Copying' }, () => airtable.copyChunk(ref));
}

/** A base that was there before the copy keeps what was brought: that is not undone, and it says so. */
async function stop(saga: Saga, ref: CopyRef): Promise<void> {
  for (;;) {
    const chunk = await airtableUndo.stopCopyChunk(ref);
    saga.report({ done: chunk.done, total: chunk.total, unit: 'tables', message: 'Undoing' });
    if (chunk.state === 'done') break;
    if (chunk.state === 'wait') await sleep(chunk.waitMs);
    await saga.renewIfLong();
  }
  const { left } = await undos.concludeStoppedCopy(ref);
  if (left > 0) {
    throw ApplicationFailure.create({
      type: 'Conflict',
      message: `The base was there before this copy and was left in place: ${left} changes that had been brought stay. Copy again to bring the rest.`,
      nonRetryable: true,
      details: [{ code: 'copy_left', details: { left } }],
    });
  }
}
