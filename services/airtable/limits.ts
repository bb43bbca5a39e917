/** How fast a kind of endpoint is asked, in requests a second. */
export interface PaceLimits {
  /** Everybody's requests to one base together: all connections, tenants and processes. */
  readonly perBase: number;
  /** What one connection uses of each base where it says nothing itself; absent where it may use all of it. */
  readonly share?: number;
  /** All traffic of one Airtable user; absent where there is no such limit. */
  readonly perUser?: number;
}

/** Which of two waits comes first: a person's, or a machine's. */
export type Lane = 'interactive' | 'bulk';

export interface GatewayLimits {
  readonly pace: {
    /** api.airtable.com. */
    readonly airtable: PaceLimits;
    /** Hosts of AIRTABLE_HOSTS; as for `airtable` when absent. */
    readonly listed?: PaceLimits;
    readonly engine: PaceLimits;
  };
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
 * for 30 s (source: Airtable Web API, rate limits). 4.8/s leaves room for what the way to Airtable does to distances;
 * hosts that the operator lists are near. 3/s is a connection's share of the five: the rest is the customer's other
 * integrations'. The engine is ours: 200/s keeps it busy without drowning it.
 */
export const GATEWAY_LIMITS: GatewayLimits = {
  pace: {
    airtable: { perBase: 4.8, share: 3, perUser: 50 },
    listed: { perBase: 5, share: 3, perUser: 50 },
    engine: { perBase: 200 },
  },
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
  /** Turns that calls of each lane were given, and the time (ms) they waited for them, all together. */
  turnsInteractive: number;
  turnsBulk: number;
  waitedMsInteractive: number;
  waitedMsBulk: number;
  /** Turns given up because this process came too late to them: it was held up. */
  lostTurns: number;
  /** Rests begun or lengthened after a 429, and those that halved a base's pace. */
  rests: number;
  halvings: number;
  /** Slots this process gave itself, of its own part of the limits, because Redis did not answer. */
  localReservations: number;
  /** Requests not sent because those before them to the same host failed. */
  circuitOpen: number;
  /** Reads that wanted a kept answer: there was one, or there was none. */
  cacheHits: number;
  cacheMisses: number;
  /** Requests not sent: kept answers, and those that a request already under way brought. */
  savedCalls: number;
}

export function createMetrics(): GatewayMetrics {
  return {
    requests: 0,
    retries: 0,
    rateLimited: 0,
    rateWaits: 0,
    quotaRefusals: 0,
    ambiguousWrites: 0,
    turnsInteractive: 0,
    turnsBulk: 0,
    waitedMsInteractive: 0,
    waitedMsBulk: 0,
    lostTurns: 0,
    rests: 0,
    halvings: 0,
    localReservations: 0,
    circuitOpen: 0,
    cacheHits: 0,
    cacheMisses: 0,
    savedCalls: 0,
  };
}
