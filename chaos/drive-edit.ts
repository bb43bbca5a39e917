import { setTimeout as sleep } from 'node:timers/promises';
import { z } from 'zod';
import type { PlannedChange, PlannedEdit } from './plan/shapes';
import type { Story } from './story';
import type { Base } from './world/base';
import type { Product } from './world/product';

const Planned = z.object({ editId: z.string() });
/** How long a revert runs before somebody cancels it. */
const REVERT_CANCEL_MS = 700;

/** Where an edit is proposed, and who plays the people around it. */
export interface Stage {
  readonly product: Product;
  readonly connectionId: string;
  readonly base: Base;
  readonly signal: AbortSignal;
}

/**
 * Carries one edit through its life: its records are made, it is proposed, people interfere, it is approved, cancelled or
 * left alone, and reverted, as planned. Notes in the story how far it came; throws for what should never be answered.
 */
export async function driveEdit({ product, connectionId, base, signal }: Stage, story: Story): Promise<void> {
  const { plan } = story;
  await base.addTargets([...plan.targets, ...(plan.doomedTarget === null ? [] : [plan.doomedTarget])]);
  await base.addItems(plan.items);
  const changes = plan.changes.map((change) => proposalOf(change, base));
  const planned = Planned.safeParse(
    (await product.propose({ connectionId, baseId: base.id, changes })).result,
  );
  if (!planned.success) return;
  story.editId = planned.data.editId;
  const edit = await product.edit(story.editId);

  await interfere(plan, base);
  story.approvedAt = Date.now();
  story.operationId = await product.approve(edit, plan.policy);
  const meanwhile = Promise.all([
    ...plan.humans.map(async ({ name, value, afterApprovalMs }) => {
      if (afterApprovalMs === null) return;
      await sleep(afterApprovalMs, undefined, { signal });
      await base.writeValue(name, value);
    }),
    cancelAfter(product, story.operationId, plan.cancelAfterMs, signal),
  ]);
  const asked = () => product.decide(planned.data.editId, plan.decision);
  const [ended] = await Promise.all([product.ended(story.operationId, asked), meanwhile]);
  story.ended = ended.status;
  if (ended.status === 'rolled_back')
    story.undone = ((await product.edit(planned.data.editId)).outcome?.['undone'] ?? 0) > 0;
  if (plan.revert !== 'none' && ended.status === 'done') await revert({ product, signal }, story);
}

async function revert({ product, signal }: Pick<Stage, 'product' | 'signal'>, story: Story): Promise<void> {
  if (story.editId === null) return;
  const planned = Planned.safeParse((await product.planRevert(story.editId)).result);
  if (!planned.success) return;
  const { editId } = planned.data;
  const edit = await product.edit(editId);
  const approvedAt = Date.now();
  const operationId = await product.approve(edit, 'skip');
  story.revert = { editId, operationId, approvedAt };
  const cancelMs = story.plan.revert === 'cancelled' ? REVERT_CANCEL_MS : null;
  const [ended] = await Promise.all([
    product.ended(operationId),
    cancelAfter(product, operationId, cancelMs, signal),
  ]);
  story.revertEnded = ended.status;
}

/** What people do between preview and approval. */
async function interfere({ humans, doomedTarget }: PlannedEdit, base: Base): Promise<void> {
  for (const { name, value, afterApprovalMs } of humans)
    if (afterApprovalMs === null) await base.writeValue(name, value);
  if (doomedTarget !== null) await base.deleteTarget(doomedTarget);
}

async function cancelAfter(
  product: Product,
  operationId: string,
  milliseconds: number | null,
  signal: AbortSignal,
): Promise<void> {
  if (milliseconds === null) return;
  await sleep(milliseconds, undefined, { signal });
  await product.cancel(operationId);
}

function proposalOf(change: PlannedChange, base: Base): unknown {
  if (change.kind === 'delete') return { kind: 'delete', table: 'Items', recordId: base.idOf(change.name) };
  const { Targets, ...plain } = change.cells;
  const cells = { ...plain, ...(Targets && { Targets: Targets.map((name) => base.idOf(name)) }) };
  return change.kind === 'update'
    ? { kind: 'update', table: 'Items', recordId: base.idOf(change.name), cells }
    : { kind: 'create', table: 'Items', cells: { Name: change.name, ...cells } };
}
