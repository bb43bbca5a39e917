import { ActivityCancellationType, proxyActivities, proxyLocalActivities } from '@temporalio/workflow';
import type { Activities } from '../activities/create-activities';

// Set in each: left out, the SDK sends TRY_CANCEL, and a workflow would compensate while its activity still writes.
const cancellationType = ActivityCancellationType.WAIT_CANCELLATION_COMPLETED;

/** Steps on our own stores: under 1 s, idempotent and fenced, so a repeated group after a crash does no harm. */
export const steps = proxyLocalActivities<Activities>({
  startToCloseTimeout: '10 seconds',
  scheduleToCloseTimeout: '5 minutes',
  cancellationType,
  retry: { initialInterval: '100 milliseconds', maximumInterval: '5 seconds' },
});

/** The operation's row: it must not end unwritten, so there is no limit on how long it is tried. */
export const bookkeeping = proxyLocalActivities<Activities>({
  startToCloseTimeout: '10 seconds',
  cancellationType,
  retry: { initialInterval: '100 milliseconds', maximumInterval: '10 seconds' },
});

/** Undos have patience of their own: a database that is down for hours is no reason to give up. */
export const undos = proxyActivities<Activities>({
  startToCloseTimeout: '30 seconds',
  scheduleToCloseTimeout: '3 days',
  cancellationType,
  retry: { initialInterval: '200 milliseconds', maximumInterval: '1 minute' },
});

/**
 * What talks to Airtable or the engine; heartbeats, so that a dead worker is noticed in seconds. A plan that has to read a
 * thousand pages at a connection's pace takes longer than anything else here.
 */
export const airtable = proxyActivities<Activities>({
  taskQueue: 'airtable',
  startToCloseTimeout: '1 hour',
  heartbeatTimeout: '10 seconds',
  cancellationType,
  retry: { initialInterval: '500 milliseconds', maximumInterval: '30 seconds' },
});

/** The same for walking an edit back. */
export const airtableUndo = proxyActivities<Activities>({
  taskQueue: 'airtable',
  startToCloseTimeout: '10 minutes',
  scheduleToCloseTimeout: '3 days',
  heartbeatTimeout: '10 seconds',
  cancellationType,
  retry: { initialInterval: '500 milliseconds', maximumInterval: '1 minute' },
});

/** Calls to a model: seldom worth more than a few tries, and a person waits. */
export const models = proxyActivities<Activities>({
  taskQueue: 'models',
  startToCloseTimeout: '3 minutes',
  scheduleToCloseTimeout: '6 minutes',
  heartbeatTimeout: '10 seconds',
  cancellationType,
  retry: { initialInterval: '1 second', maximumInterval: '20 seconds', maximumAttempts: 5 },
});
