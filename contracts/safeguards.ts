export interface Safeguards {
  /** An unanswered creation is looked for before anything else is done about it. */
  readonly readBack: boolean;
  /** A creation carries its marker where the table has a field for it, and is written as an upsert. */
  readonly marker: boolean;
  /** An undo is registered before its step is done. */
  readonly undoBeforeDo: boolean;
  /** Undos run to their end whatever is cancelled meanwhile. */
  readonly nonCancellableUndo: boolean;
  /** What landed after it was taken back is looked for once more, when the settle window is over. */
  readonly lateSweep: boolean;
}

/**
 * What keeps edits right under faults. Always on: the chaos proof builds copies of the product with one of them off each, to
 * show that it would notice. Read nowhere from the environment, so that nobody can switch one off in production.
 */
export const SAFEGUARDS: Safeguards = {
  readBack: true,
  marker: true,
  undoBeforeDo: true,
  nonCancellableUndo: true,
  lateSweep: true,
};
