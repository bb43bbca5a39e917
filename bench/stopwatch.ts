import { z } from 'zod';

/** Spans of one kind: how many, and how long (s) all together; `busy`: the time in which there was at least one. */
export const Spans = z.object({ count: z.number(), seconds: z.number(), busy: z.number() });
export type Spans = z.infer<typeof Spans>;

export interface Stopwatch {
  /** A span that has just ended; times in ms. */
  note(from: number, to: number): void;
  read(): Spans;
}

/** Adds up spans, which may overlap. They are told of in the order of their ends. */
export function createStopwatch(): Stopwatch {
  let count = 0;
  let total = 0;
  /** Times that are covered, none touching another, in order; only the last few can still grow together. */
  let covered: Array<[from: number, to: number]> = [];
  let settled = 0;
  return {
    note(from, to) {
      count++;
      total += to - from;
      let start = from;
      // Whatever the new span reaches back to becomes one with it: it ends last.
      for (let last = covered.at(-1); last && last[1] >= start; last = covered.at(-1)) {
        start = Math.min(start, last[0]);
        covered.pop();
      }
      covered.push([start, to]);
      if (covered.length > 1_000) {
        settled += covered.slice(0, 500).reduce((sum, span) => sum + span[1] - span[0], 0);
        covered = covered.slice(500);
      }
    },
    read() {
      const busy = covered.reduce((sum, span) => sum + span[1] - span[0], settled);
      return { count, seconds: total / 1_000, busy: busy / 1_000 };
    },
  };
}

/** What was added between two readings. */
export function spansSince(now: Spans, before: Spans): Spans {
  return {
    count: now.count - before.count,
    seconds: now.seconds - before.seconds,
    busy: now.busy - before.busy,
  };
}
