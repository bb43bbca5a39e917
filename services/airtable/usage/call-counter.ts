/** How many calls of a connection there were, by what they count as. */
export interface CallCounts {
  /** Requests for data, each repeat one: those that Airtable refuses once the month's calls are spent. */
  calls: number;
  /** Requests to /meta, which go on being answered then; whether they count too is not documented. */
  metaCalls: number;
  /** Requests that the cache spared. */
  saved: number;
  /** Answers 429 for being too fast. */
  rateLimited: number;
  /** Answers that said the month's calls are spent. */
  quotaRefusals: number;
}

/** Where the gateway tells what one saved connection uses. Never throws and never waits. */
export interface CallCounter {
  add(counts: Partial<CallCounts>): void;
  /** What an answer showed of the month's calls just now: that they are spent, or, for a data call that worked, that they are not. */
  noteQuota(state: 'spent' | 'left'): void;
}

/** Hands out the counter of a saved connection. */
export interface CallCounters {
  counterOf(connection: { readonly workspaceId: string; readonly id: string }): CallCounter;
}
