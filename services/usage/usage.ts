import type { ConnectionUsage } from '../../contracts/usage';
import type { CallCounters } from '../airtable/usage/call-counter';
import type { Database } from '../database/database';
import { monthOf, monthsBefore } from './months';
import { createTally } from './tally';
import { addCounts, readMonths } from './usage-rows';

const FLUSH_MS = 2_000;
const MONTHS_SHOWN = 12;

/** Calls of each connection by month, counted in this process and stored together with everybody else's. */
export interface Usage extends CallCounters {
  /** What is stored: up to two seconds behind. Throws NotFound, for another workspace's id as well. */
  of(workspaceId: string, connectionId: string): Promise<ConnectionUsage>;
  /** Stores what was counted since the last time. When it throws, the counts stay for the next time. */
  flush(): Promise<void>;
  /** Stores what is left and counts on without storing. Failures are reported. */
  close(): Promise<void>;
}

export interface UsageOptions {
  readonly db: Database;
  /** Hears of counts that could not be stored and will be again. */
  readonly report: (error: unknown) => void;
  readonly clock?: { now(): Date };
  /** How often (ms) counts are stored; 2,000 when absent. */
  readonly flushMs?: number;
}

/**
 * Nothing counted is lost while the process lives; a killed one loses what it counted in its last two seconds. Where the
 * connection to the database breaks under the commit, that batch may be counted twice: too much rather than too little.
 */
export function createUsage({ db, report, flushMs = FLUSH_MS, ...options }: UsageOptions): Usage {
  const clock = options.clock ?? { now: () => new Date() };
  const tally = createTally();
  let timer: NodeJS.Timeout | undefined;
  let closed = false;
  let storing: Promise<void> = Promise.resolve();

  function store(): Promise<void> {
    // One after the other, so that what failed is there again for the next.
    const stored = storing.then(async () => {
      const entries = tally.take();
      if (!entries.length) return;
      try {
        await addCounts(db, entries);
      } catch (error) {
        tally.giveBack(entries);
        throw error;
      }
    });
    storing = stored.catch(() => undefined);
    return stored;
  }

  function storeSoon(): void {
    if (timer || closed) return;
    timer = setTimeout(() => {
      timer = undefined;
      store().catch((error: unknown) => {
        report(error);
        storeSoon();
      });
    }, flushMs).unref();
  }

  return {
    counterOf({ workspaceId, id }) {
      const subject = () => ({ workspaceId, connectionId: id, month: monthOf(clock.now()) });
      return {
        add(counts) {
          tally.add(subject(), counts);
          storeSoon();
        },
        noteQuota(state) {
          tally.noteQuota(subject(), state === 'spent', clock.now());
          storeSoon();
        },
      };
    },

    async of(workspaceId, connectionId) {
      const now = clock.now();
      const months = await readMonths(db, workspaceId, connectionId, monthsBefore(now, MONTHS_SHOWN - 1));
      const month = monthOf(now);
      const unused = {
        month,
        calls: 0,
        metaCalls: 0,
        saved: 0,
        rateLimited: 0,
        quotaRefusals: 0,
        quotaSpentAt: null,
      };
      return {
        connectionId,
        ...(months.find((m) => m.month === month) ?? unused),
        history: months.filter((m) => m.month < month),
      };
    },

    flush: store,

    async close() {
      closed = true;
      clearTimeout(timer);
      await store().catch(report);
    },
  };
}
