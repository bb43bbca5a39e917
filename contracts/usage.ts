import { z } from 'zod';
import { idOf } from './ids';

const Count = z.number().int().nonnegative();

/** What a connection used in one calendar month (UTC), as this server counted it. */
export const MonthOfUsage = z.object({
  /** `2026-07`. */
  month: z.string().regex(/^\d{4}-\d{2}$/),
  /** Requests for data, each repeat one: these are refused when Airtable’s calls of the month are spent. */
  calls: Count,
  /** Requests to /v0/meta, which go on being answered then. */
  metaCalls: Count,
  /** Requests that the cache spared. */
  saved: Count,
  /** Answers 429 for being too fast. */
  rateLimited: Count,
  /** Answers that said the calls of the month are spent. */
  quotaRefusals: Count,
  /** Since when they were seen spent; null when they are not, or when a call for data worked again. */
  quotaSpentAt: z.iso.datetime().nullable(),
});
export type MonthOfUsage = z.infer<typeof MonthOfUsage>;

/** The present month, and the earlier ones of the last twelve in which there was something, newest first. */
export const ConnectionUsage = MonthOfUsage.extend({
  connectionId: idOf('connection'),
  history: z.array(MonthOfUsage),
});
export type ConnectionUsage = z.infer<typeof ConnectionUsage>;
