import { PROCESS_SEEN_MS } from './timing';

/** While it is not known how many processes there are. */
const UNKNOWN = 4;

/** How many processes share the limits, as Redis told. */
export interface ProcessCount {
  /** Redis saw so many at `at` (ms). */
  note(seen: number, at: number): void;
  /** Undefined while not known. */
  readonly processes: () => number | undefined;
  /** Of how many parts of every limit a process has one while Redis does not answer. */
  readonly parts: () => number;
}

export function createProcessCount(): ProcessCount {
  let processes: number | undefined;
  let notedAt = -Infinity;
  return {
    note(seen, at) {
      // A Redis that was emptied sees them come one after the other: fewer are believed once that has lasted.
      if (seen < (processes ?? 1) && at - notedAt < PROCESS_SEEN_MS) return;
      processes = Math.max(1, seen);
      notedAt = at;
    },
    processes: () => processes,
    parts: () => processes ?? UNKNOWN,
  };
}
