/**
 * What may be wrong with an edit. `lost`: promised and not there, or taken away and not put back. `duplicated`: there more
 * than once. `half-done`: neither before nor after. `left over`: there although it was taken back. `overwritten`: somebody's
 * change that was there long enough to be noticed. `unapproved`: written before anybody approved. `untrue`: what the product
 * tells of it is not so, or it tells nothing. `stuck`: it has not ended.
 */
export const FINDING_KINDS = [
  'lost',
  'duplicated',
  'half-done',
  'left over',
  'overwritten',
  'unapproved',
  'untrue',
  'stuck',
] as const;
export type FindingKind = (typeof FINDING_KINDS)[number];

export interface Finding {
  readonly kind: FindingKind;
  readonly edit: number;
  readonly editId: string | null;
  /** The record, by the name that the run gave it; null for what is about the edit as a whole. */
  readonly record: string | null;
  readonly saw: string;
  /** Whether a request that landed later than the settle window made it so: beyond what is promised. */
  readonly beyondWindow: boolean;
}

/** A change that the product hands to a person, with what it says about it. */
export interface ReviewItem {
  readonly edit: number;
  readonly record: string;
  readonly state: string;
  readonly reason: string | null;
  /** What it says of the edit as a whole. */
  readonly cause: string | null;
}
