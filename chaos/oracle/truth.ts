import type { FoundItem } from '../world/base';
import type { LoggedWrite } from '../world/log';
import type { ProxiedRequest } from '../proxy/fault-proxy';

/** What was really done to a base: its final state and its log, found by record and by name. */
export interface Truth {
  /** Records that are in the base at the end. */
  named(name: string): readonly FoundItem[];
  /** Writes to a record, in the order in which the base took them. */
  writesTo(recordId: string): readonly LoggedWrite[];
  /** Ids of all records that ever had the name, but for those that were there before any edit. */
  createdAs(name: string): readonly string[];
  /** How many records the product has made of the name that were there at one time. */
  mostAtOnce(name: string): number;
  /** All that the product wrote. */
  readonly ofProduct: readonly LoggedWrite[];
  /** When a write set out, as far as the proxy has seen it; else when it landed. */
  setOutAt(write: LoggedWrite): number;
  /** How long after setting out (ms) it landed. */
  lateness(write: LoggedWrite): number;
}

export function gatherTruth(
  items: readonly FoundItem[],
  log: readonly LoggedWrite[],
  requests: readonly ProxiedRequest[],
): Truth {
  const byName = groupBy(items, ({ name }) => name);
  const byRecord = groupBy(log, ({ recordId }) => recordId);
  const created = groupBy(
    log.filter(({ kind, by }) => kind === 'create' && by === 'product'),
    ({ name }) => name ?? '',
  );
  const createdAs = (name: string) => (created.get(name) ?? []).map(({ recordId }) => recordId);
  const setOutAt = (write: LoggedWrite) =>
    (write.request === null ? undefined : requests[write.request]?.at) ?? write.at;
  return {
    named: (name) => byName.get(name) ?? [],
    writesTo: (recordId) => byRecord.get(recordId) ?? [],
    createdAs,
    mostAtOnce(name) {
      const lives = createdAs(name).flatMap((id) => byRecord.get(id) ?? []);
      let alive = 0;
      let most = 0;
      for (const { kind } of lives.toSorted((a, b) => a.seq - b.seq)) {
        if (kind !== 'update') alive += kind === 'create' ? 1 : -1;
        most = Math.max(most, alive);
      }
      return most;
    },
    ofProduct: log.filter(({ by }) => by === 'product'),
    setOutAt,
    lateness: (write) => write.at - setOutAt(write),
  };
}

function groupBy<T>(all: readonly T[], keyOf: (one: T) => string): Map<string, T[]> {
  const groups = new Map<string, T[]>();
  for (const one of all) {
    const group = groups.get(keyOf(one));
    if (group) group.push(one);
    else groups.set(keyOf(one), [one]);
  }
  return groups;
}
