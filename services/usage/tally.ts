import type { CallCounts } from '../airtable/usage/call-counter';

/** What was counted of a connection in a month and is not in the database yet. */
export interface TallyEntry extends CallCounts {
  readonly workspaceId: string;
  readonly connectionId: string;
  readonly month: string;
  /** The latest that was seen of the month's quota; undefined while nothing was. */
  quota: QuotaSeen | undefined;
}

export interface QuotaSeen {
  /** Since when it was seen spent; null when a data call worked. */
  readonly spentAt: Date | null;
  readonly seenAt: Date;
}

type Subject = Pick<TallyEntry, 'workspaceId' | 'connectionId' | 'month'>;

/** Counts of this process. */
export interface Tally {
  add(subject: Subject, counts: Partial<CallCounts>): void;
  noteQuota(subject: Subject, spent: boolean, at: Date): void;
  /** All entries; the tally is empty afterwards. */
  take(): readonly TallyEntry[];
  /** Undoes `take`: adds entries that could not be stored to what came meanwhile. */
  giveBack(entries: readonly TallyEntry[]): void;
}

export function createTally(): Tally {
  let entries = new Map<string, TallyEntry>();

  function entryOf({ workspaceId, connectionId, month }: Subject): TallyEntry {
    const key = `${workspaceId} ${connectionId} ${month}`;
    const known = entries.get(key);
    if (known) return known;
    const counts: CallCounts = { calls: 0, metaCalls: 0, saved: 0, rateLimited: 0, quotaRefusals: 0 };
    const entry: TallyEntry = { workspaceId, connectionId, month, ...counts, quota: undefined };
    entries.set(key, entry);
    return entry;
  }

  function add(subject: Subject, counts: Partial<CallCounts>): void {
    const entry = entryOf(subject);
    entry.calls += counts.calls ?? 0;
    entry.metaCalls += counts.metaCalls ?? 0;
    entry.saved += counts.saved ?? 0;
    entry.rateLimited += counts.rateLimited ?? 0;
    entry.quotaRefusals += counts.quotaRefusals ?? 0;
  }

  return {
    add,

    noteQuota(subject, spent, at) {
      const entry = entryOf(subject);
      entry.quota = { spentAt: spent ? (entry.quota?.spentAt ?? at) : null, seenAt: at };
    },

    take() {
      const taken = [...entries.values()];
      entries = new Map();
      return taken;
    },

    giveBack(older) {
      for (const before of older) {
        add(before, before);
        const entry = entryOf(before);
        const since = before.quota?.spentAt;
        if (!entry.quota) entry.quota = before.quota;
        else if (entry.quota.spentAt && since) entry.quota = { ...entry.quota, spentAt: since };
      }
    },
  };
}
