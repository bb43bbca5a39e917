import { ApplicationFailure, CancellationScope, patched, setHandler } from '@temporalio/workflow';
import { z } from 'zod';
import { ProposeEditInput } from '../contracts/changes';
import { RevertInput } from '../contracts/dependents';
import { ApproveInput, ChangeState } from '../contracts/edits';
import { idOf } from '../contracts/ids';
import { Settling } from '../contracts/settling';
import { waitAsTold, waitForQuota } from './chunks';
import { describeFailure } from './failure';
import { conflictsDecided } from './messages';
import { operation, type Saga } from './operation';
import { airtable, airtableUndo, steps, undos } from './proxies';

/** How long decisions are waited for at a stretch: the signal of one can be lost, and the next look finds it. */
const MAX_DECISION_WAIT_MS = 3_600_000;
const MIN_DECISION_WAIT_MS = 1_000;

interface EditInput {
  readonly editId: string;
}

const PlannedEdit = z.object({ editId: idOf('edit') });
const EditOutcome = z.object({
  editId: idOf('edit'),
  outcome: z.partialRecord(ChangeState, z.number()),
  /** How late writes were waited for; null when every write was answered or found, absent in results from before. */
  settling: Settling.nullable().optional(),
});
type EditOutcome = z.infer<typeof EditOutcome>;

/** Plans the staged edit or revert; its failure stays visible on the edit. */
async function plan(saga: Saga, { editId }: EditInput): Promise<z.infer<typeof PlannedEdit>> {
  const { workspaceId, operationId } = saga;
  try {
    await saga.step('plan', {
      do: () => planPausing(saga, { workspaceId, editId, operationId }),
      undo: 'nothing to undo: planning only reads the base, and a plan that fails is marked below',
    });
  } catch (error) {
    await CancellationScope.nonCancellable(() =>
      undos.failPlanning({ workspaceId, editId, reason: describeFailure(error).message }),
    );
    throw error;
  }
  return { editId };
}

/** Plans; where the quota is spent on the way it waits for a person instead of failing. Planning then starts anew. */
async function planPausing(
  saga: Saga,
  ref: { workspaceId: string; editId: string; operationId: string },
): Promise<void> {
  for (;;) {
    try {
      return await airtable.planEdit(ref);
    } catch (error) {
      // Runs from before this pause failed here, and have to fail again when they are replayed.
      if (describeFailure(error).code !== 'airtable_quota' || !patched('planning-pauses-on-quota'))
        throw error;
      await waitForQuota(saga);
    }
  }
}

export const proposeEdit = operation({
  name: 'proposeEdit',
  title: 'Plan an edit',
  route: 'POST /v1/workspaces/:workspaceId/edits',
  scope: 'edits:propose',
  tool: true,
  tenancy: 'workspace',
  input: ProposeEditInput,
  output: PlannedEdit,
  run: plan,
});

export const proposeRevert = operation({
  name: 'proposeRevert',
  title: 'Plan the undo of an edit',
  route: 'POST /v1/edits/:editId/revert',
  scope: 'edits:propose',
  tool: true,
  tenancy: 'workspace',
  input: RevertInput,
  output: PlannedEdit,
  run: plan,
});

/** Applies the approved change set chunk by chunk. The one undo walks the journal backwards. */
async function apply(saga: Saga, { editId }: EditInput): Promise<EditOutcome> {
  const ref = { workspaceId: saga.workspaceId, editId, operationId: saga.operationId };
  let decisions = 0;
  setHandler(conflictsDecided, () => {
    decisions++;
  });
  await saga.step('apply', {
    async do() {
      for (;;) {
        await saga.waitWhilePaused();
        // A decision that comes while the chunk looks must not be waited for again.
        const known = decisions;
        const chunk = await airtable.applyChunk(ref);
        saga.report({ done: chunk.done, total: chunk.total, unit: 'changes', message: 'Applying' });
        if (chunk.state === 'done') return settle(saga, ref, chunk.unanswered, false);
        await waitAsTold(saga, chunk);
        // Histories from before hold no such answer: nothing in them is replayed otherwise.
        if (chunk.state === 'ask') {
          const reason = `paused: waits for decisions on ${chunk.conflicts ?? 0} conflicts. They are listed with the edit.`;
          const lookAgainMs = Math.max(MIN_DECISION_WAIT_MS, Math.min(chunk.waitMs, MAX_DECISION_WAIT_MS));
          await saga.waitUntil(reason, () => decisions !== known, lookAgainMs);
        }
        await saga.renewIfLong();
      }
    },
    undo: () => compensate(saga, ref),
  });
  const { outcome, settling } = await saga.step('conclude', {
    async do() {
      const concluded = await steps.concludeEdit({ ...ref, compensated: false, reason: null });
      if (concluded.leftOver > 0) {
        throw ApplicationFailure.create({
          type: 'Upstream',
          message: `What became of ${concluded.leftOver} changes could not be found out.`,
          nonRetryable: true,
          details: [{ code: 'ambiguous_write' }],
        });
      }
      return concluded;
    },
    undo: 'nothing to undo: the compensation of the step before concludes anew',
  });
  return { editId, outcome, settling };
}

async function compensate(
  saga: Saga,
  ref: { workspaceId: string; editId: string; operationId: string },
): Promise<void> {
  try {
    await settle(saga, ref, await walkBack(saga, ref), true);
  } catch (error) {
    await undos.concludeEdit({ ...ref, compensated: true, reason: describeFailure(error).message });
    throw error;
  }
  const { leftOver } = await undos.concludeEdit({ ...ref, compensated: true, reason: null });
  if (leftOver > 0) {
    throw ApplicationFailure.create({
      type: 'Conflict',
      message: `${leftOver} changes could not be taken back, because somebody changed them since or their state is unclear.`,
      nonRetryable: true,
      details: [{ code: 'left_over', details: { leftOver } }],
    });
  }
}

/**
 * Where requests got no answer, and may still land: looks for what landed late and takes it back, now and when the settle
 * window is over. The window is the activity's to count, since it begins with the last such request.
 */
async function settle(
  saga: Saga,
  ref: { workspaceId: string; editId: string; operationId: string },
  unanswered: number | undefined,
  compensated: boolean,
): Promise<void> {
  // Runs from before this ended here, and have to when they are replayed.
  if (!unanswered || !patched('late-sweep')) return;
  for (;;) {
    const sweep = await (compensated ? airtableUndo : airtable).sweepEdit({ ...ref, compensated });
    const { done, total } = sweep;
    const waiting = sweep.until === undefined ? '' : `. Waiting for late writes until ${sweep.until}`;
    saga.report({
      done,
      total,
      unit: 'changes',
      message: `${compensated ? 'Undoing' : 'Applying'}${waiting}`,
    });
    if (sweep.state === 'done') return;
    if (sweep.state === 'walk') await walkBack(saga, ref);
    await waitAsTold(
      saga,
      sweep,
      'paused: quota. Airtable’s monthly calls are spent, and looking for late writes needs some too; resume when there are more.',
    );
    await saga.renewIfLong();
  }
}

/** Takes back chunk by chunk; gives how many requests without an answer may still land. */
async function walkBack(
  saga: Saga,
  ref: { workspaceId: string; editId: string; operationId: string },
): Promise<number | undefined> {
  for (;;) {
    const chunk = await airtableUndo.compensateChunk(ref);
    saga.report({ done: chunk.done, total: chunk.total, unit: 'changes', message: 'Undoing' });
    if (chunk.state === 'done') return chunk.unanswered;
    await waitAsTold(
      saga,
      chunk,
      'paused: quota. Airtable’s monthly calls are spent, and undoing needs some too; resume when there are more.',
    );
    await saga.renewIfLong();
  }
}

export const applyEdit = operation({
  name: 'applyEdit',
  title: 'Apply an edit',
  route: 'POST /v1/edits/:editId/approve',
  scope: 'edits:approve',
  tool: false,
  tenancy: 'workspace',
  input: ApproveInput,
  output: EditOutcome,
  run: apply,
});

/** Started by the same door as `applyEdit` when the approved edit is a revert. */
export const revertEdit = operation({
  name: 'revertEdit',
  title: 'Undo an edit',
  route: null,
  scope: 'edits:approve',
  tool: false,
  tenancy: 'workspace',
  input: ApproveInput,
  output: EditOutcome,
  run: apply,
});
