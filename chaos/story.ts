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
  /** Whether whoever drives it is through with it. */
  over: boolean;
  /** How the operation ended, and that of the revert; null until then. */
  ended: string | null;
  revertEnded: string | null;
  /** Whether the product says that it took something of it back. */
  undone: boolean;
  /** Read at the end of the run. */
  told: Told | null;
  toldOfRevert: Told | null;
  /** What went wrong for the driver itself: an answer that should not be, or no end in time. */
  failure: string | null;
}
