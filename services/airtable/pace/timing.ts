/** Airtable counts requests in any second. Source: Airtable Web API, rate limits. */
export const WINDOW_MS = 1_000;

/** How long before its slot a waiter may take it: what comes later in that time, however urgent, goes behind. */
export const LOOKAHEAD_MS = 50;

/** On top of the second between a request and the fifth after it: what clocks and timers round away. */
export const MARGIN_MS = 3;

/**
 * How late a request is taken to arrive as long as nothing is known of it, and the most that its answer's lateness
 * alone can say: an answer also waits for the server's work, which is no lateness of the request.
 */
export const ASSUMED_LATE_MS = 75;

/** A process that comes so late to its slot has lost it: the ones after it count on its request being out. */
export const LOST_AFTER_MS = 150;

/**
 * A request that has not left so long after its slot takes another one: those that a stalled look-up or fence held up
 * together would leave together. Longer than a new connection takes.
 */
export const HELD_UP_AFTER_MS = 500;

/** After Redis came back empty nobody knows who sent what: so long every slot waits. A second, and what may be late. */
export const EMPTY_HOLD_MS = 1_150;

/** A waiter asks again within this time at the latest. */
export const ASK_AGAIN_MS = 1_000;

/** A ticket whose owner did not ask when it said counts no more after so long; it is forgotten after ASK_AGAIN_MS. */
export const OVERDUE_MS = 50;

/** Under constant interactive load, bulk work that has waited so long gets every fifth slot. */
export const STARVED_AFTER_MS = 2_000;
export const INTERACTIVE_RUN = 4;

/** How often a process says that it is there, and how long it is remembered. */
export const ANNOUNCE_MS = 5_000;
export const PROCESS_SEEN_MS = 15_000;

/** Of an Airtable user's rate, so that a person's call finds room beside bulk work. */
export const BULK_PART_OF_USER = 0.9;

/** Slots may come this much before their even distance, so that time lost by one is caught up by the next. */
export const slackMs = (intervalMs: number) => Math.min(intervalMs / 4, 50);
