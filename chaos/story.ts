import type { PlannedEdit } from './plan/shapes';
import type { Base } from './world/base';
import type { Edit, Operation, ToldChange } from './world/product';

/** What the product tells of an edit or a revert once nothing moves any more. */
export interface Told {
  readonly edit: Edit;
  readonly changes: readonly ToldChange[];
  readonly operation: Operation;
}

/** One edit of the run as whoever drove it saw it. */
export interface Story {
  readonly plan: PlannedEdit;
  readonly base: Base;
  /** Null where planning failed, which leaves nothing behind. */
  editId: string | null;
  /** Just before the approval was sent; null where there was none. */
  approvedAt: number | null;
  operationId: string | null;
  revert: { readonly editId: string; readonly operationId: string; readonly approvedAt: number } | null;
  /** Read at the end of the run. */
  told: Told | null;
  toldOfRevert: Told | null;
  /** What went wrong for the driver itself: an answer that should not be, or no end in time. */
  failure: string | null;
}
