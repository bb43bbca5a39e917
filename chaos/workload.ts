import { driveEdit } from './drive-edit';
import { planEdit } from './plan/plan-edit';
import type { Story } from './story';
import type { Base } from './world/base';
import type { Product } from './world/product';

/** Edits under way on one base at the same time: one writes, another plans or waits for its turn. */
const LANES_PER_BASE = 2;

export interface Place {
  readonly product: Product;
  readonly connectionId: string;
  readonly base: Base;
}

export interface Amount {
  readonly seed: number;
  readonly edits: number;
  /** No edit begins after that (ms since the epoch). */
  readonly until: number;
}

/**
 * Drives edits over all places, some at a time, until there have been enough or the time is up; those that have begun are
 * driven to their end. `signal` ends all of it: what has not ended by then is stuck.
 */
export async function driveEdits(
  { seed, edits, until }: Amount,
  places: readonly Place[],
  signal: AbortSignal,
  onEnd: (story: Story) => void,
): Promise<Story[]> {
  const stories: Story[] = [];
  let next = 0;
  async function drive(place: Place): Promise<void> {
    while (next < edits && Date.now() < until && !signal.aborted) {
      const story: Story = {
        plan: planEdit(seed, next++),
        base: place.base,
        editId: null,
        approvedAt: null,
        operationId: null,
        revert: null,
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
      onEnd(story);
    }
  }
  const lanes = places.flatMap((place) => Array.from({ length: LANES_PER_BASE }, () => drive(place)));
  await Promise.all(lanes);
  return stories;
}

/** Reads what the product tells of each edit, now that nothing moves any more. */
export async function readTold(stories: readonly Story[], productOf: (base: Base) => Product): Promise<void> {
  for (const story of stories) {
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
