import { z } from 'zod';

/**
 * How an edit waited for writes of its own that had got no answer and could still land. Null in its place: every write was
 * answered or found, so there was nothing to wait for.
 */
export const Settling = z.object({
  /** Seconds counted from the last write without an answer (`SETTLE_SECONDS`). */
  windowSeconds: z.number(),
  /** When the window ends, or ended. */
  until: z.iso.datetime(),
  /** How often the base was looked through. */
  sweeps: z.number().int(),
  /** Requests without an answer that were not found in the base so far. */
  unanswered: z.number().int(),
  /** Changes and records that landed late, and were taken back again where that could be done. */
  lateLandings: z.number().int(),
  /** Records that may have come late and that a person has to look at. */
  needsReview: z.number().int(),
  /** False while the window is open. */
  over: z.boolean(),
});
export type Settling = z.infer<typeof Settling>;
