/** Cells of a record of the table Items by the names of their fields; what is absent is empty. */
export interface ItemCells {
  readonly Value?: string;
  readonly Count?: number;
  readonly Stage?: string;
  /** Names of records of the table Targets. */
  readonly Targets?: readonly string[];
}
export type ItemField = keyof ItemCells;

/** A record that is in the base before the edit: its name is in no other record of the run. */
export interface SeededItem {
  readonly name: string;
  readonly cells: ItemCells;
  /** Names of the files that are attached to it, which say what their bytes are. No edit touches them. */
  readonly files: readonly string[];
}

/** One change as it is proposed. Records are named by their names; what they are called in the base comes later. */
export type PlannedChange =
  | { readonly kind: 'update'; readonly name: string; readonly cells: ItemCells }
  | { readonly kind: 'create'; readonly name: string; readonly cells: ItemCells }
  | { readonly kind: 'delete'; readonly name: string };

/** Somebody writes a record's Value past the product: between preview and approval, or so many ms after the approval. */
export interface HumanEdit {
  readonly name: string;
  readonly value: string;
  readonly afterApprovalMs: number | null;
}

/**
 * What is to become of an edit. `refused-link`: a late batch links to a record that is deleted after the preview.
 * `refused-text`: a late batch holds a text that is longer than the base takes. `stop`: somebody's change meets the policy
 * `stop` in a late batch. `cancel`: cancelled on its way.
 */
export type Fate = 'commit' | 'refused-link' | 'refused-text' | 'stop' | 'cancel';

export type Policy = 'skip' | 'overwrite' | 'stop' | 'ask';

export interface PlannedEdit {
  readonly number: number;
  readonly fate: Fate;
  readonly policy: Policy;
  /** What somebody says when they are asked about conflicts. */
  readonly decision: 'overwrite' | 'skip';
  readonly targets: readonly string[];
  /** The target that somebody deletes between preview and approval. */
  readonly doomedTarget: string | null;
  readonly items: readonly SeededItem[];
  readonly changes: readonly PlannedChange[];
  readonly humans: readonly HumanEdit[];
  readonly cancelAfterMs: number | null;
  /** What happens to it once it is applied; `cancelled`: its revert is cancelled on its way. */
  readonly revert: 'none' | 'whole' | 'cancelled';
}
