import { driveEdit } from './drive-edit';
import { planEdit } from './plan/plan-edit';
import type { Grounds } from './places';
import type { Story } from './story';
import type { Base } from './world/base';
import type { Product } from './world/product';

/** Edits whose account is read at the same time. */
const READERS = 4;

export interface Amount {
  readonly seed: number;
  readonly edits: number;
  /** Edits under way on one base at the same time: one writes, others plan, wait for their turn or for late writes. */
  readonly lanes: number;
}

/**
 * Drives edits over all places, some at a time, until there have been enough or `goesOn` says no; those that have begun are
 * driven to their end. `stories` gets each as it begins. `signal` ends all of it: what has not ended by then is stuck.
 */
export async function driveEdits(
  { seed, edits, lanes }: Amount,
  { all }: Pick<Grounds, 'all'>,
  stories: Story[],
  goesOn: () => boolean,
  signal: AbortSignal,
): Promise<void> {
  let next = 0;
  async function drive(ground: Grounds['all'][number]): Promise<void> {
    while (next < edits && goesOn() && !signal.aborted) {
      const number = next++;
      const place = await ground.take();
      const story: Story = {
        plan: planEdit(seed, number),
        base: place.base,
        editId: null,
        approvedAt: null,
        operationId: null,
        revert: null,
        over: false,
        ended: null,
        revertEnded: null,
        undone: false,
        told: null,
        toldOfRevert: null,
        failure: null,
      };
      stories.push(story);
      try {
        await driveEdit({ ...place, signal }, story);
      } catch (error) {
        story.failure = error instanceof Error ? error.message : String(error);
      }
      story.over = true;
    }
  }
  await Promise.all(all.flatMap((ground) => Array.from({ length: lanes }, () => drive(ground))));
}

/** Reads what the product tells of each edit, now that nothing moves any more. */
export async function readTold(stories: readonly Story[], productOf: (base: Base) => Product): Promise<void> {
  const rest = stories.values();
  async function readNext(): Promise<void> {
    for (const story of rest) {
      const product = productOf(story.base);
      const read = async (editId: string, operationId: string) => ({
        edit: await product.edit(editId),
        changes: await product.changes(editId),
        operation: await product.operation(operationId),
      });
      const { editId, operationId, revert } = story;
      if (editId !== null && operationId !== null) story.told = await read(editId, operationId);
      if (revert) story.toldOfRevert = await read(revert.editId, revert.operationId);
    }
  }
  await Promise.all(Array.from({ length: READERS }, readNext));
}
