/** How fast a kind of endpoint is asked, in requests a second. */
export interface PaceLimits {
  readonly perBase: number;
  /** All traffic of one Airtable user; absent where there is no such limit. */
  readonly perUser?: number;
}

/** Which of two waits comes first: a person's, or a machine's. */
export type Lane = 'interactive' | 'bulk';

export interface GatewayLimits {
  readonly pace: { readonly airtable: PaceLimits; readonly engine: PaceLimits };
  /** Longest wait for a slot that a call sits out; a longer one is thrown as `rate_wait`, so that no worker's slot is held. */
  readonly maxWaitMs: Readonly<Record<Lane, number>>;
  /** How long a base rests after a 429 that names no time of its own. */
  readonly stillMs: number;
  /** Requests for one call at most, and for the backoff between them. */
  readonly attempts: number;
  readonly backoffBaseMs: number;
  readonly backoffCapMs: number;
  /** One request of a call that may be repeated; a create has the whole deadline. */
  readonly attemptMs: number;
  readonly deadlineMs: number;
  readonly maxAnswerBytes: number;
  /** How long Redis may take before a process counts by itself. */
  readonly redisMs: number;
}

/**
 * Airtable: 5 requests/s a base for all callers together, 50/s for all tokens of one user, and after a 429 nothing
 * for 30 s (source: Airtable Web API, rate limits). 3/s is our share of the five: the rest is the customer's other
 * integrations'. The engine is ours: 200/s keeps it busy without drowning it.
 */
export const GATEWAY_LIMITS: GatewayLimits = {
  pace: { airtable: { perBase: 3, perUser: 50 }, engine: { perBase: 200 } },
  maxWaitMs: { interactive: 8_000, bulk: 1_000 },
  stillMs: 30_000,
  attempts: 4,
  backoffBaseMs: 250,
  backoffCapMs: 5_000,
  attemptMs: 20_000,
  deadlineMs: 45_000,
  maxAnswerBytes: 64 * 1024 * 1024,
  redisMs: 250,
};

/** What a gateway counted since it was made; all grow only. */
export interface GatewayMetrics {
  requests: number;
  retries: number;
  /** Answers 429 for being too fast. */
  rateLimited: number;
  /** Calls turned away as `rate_wait`. */
  rateWaits: number;
  /** Answers that said the month's calls are spent. */
  quotaRefusals: number;
  ambiguousWrites: number;
  /** Slots this process gave out by itself because Redis did not answer: the limit is then kept per process only. */
  localReservations: number;
}

export function createMetrics(): GatewayMetrics {
  return {
    requests: 0,
    retries: 0,
    rateLimited: 0,
    rateWaits: 0,
    quotaRefusals: 0,
    ambiguousWrites: 0,
    localReservations: 0,
  };
}
