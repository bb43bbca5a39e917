import { z } from 'zod';

/**
 * How the engine behaves where it imitates Airtable; what is left out is as Airtable has it. Source: Airtable Web API,
 * rate limits (5 requests/s a base, 50/s a user, 30 s of nothing after a 429).
 */
export const ImitationSettings = z
  .object({
    /** Requests a second to one base, all callers together. */
    perBase: z.number().int().min(1).max(10_000).default(5),
    /** Requests a second of one user, all their tokens together. */
    perUser: z.number().int().min(1).max(10_000).default(50),
    /** For how long nothing works after a limit was passed; 0 refuses only what is too much. */
    lockOutSeconds: z.number().min(0).max(3_600).default(30),
    /** Data calls of the workspace in a calendar month; null for a plan without a limit. */
    monthlyCalls: z.number().int().min(0).max(1_000_000_000).nullable().default(null),
    /** Which of the two forms seen at Airtable a 429 has: `{error}`, `{errors: […]}`, or one after the other. */
    body: z.enum(['object', 'list', 'alternate']).default('object'),
    /** How late a base's webhook payloads and pings come, in milliseconds; a token's switch has no part in that. */
    payloadDelayMs: z.number().int().min(0).max(600_000).default(0),
    /** Records in one webhook payload at most; null for payloads that are not split. */
    maxRecordsPerPayload: z.number().int().min(1).max(10_000).nullable().default(null),
  })
  .strict();
export type ImitationSettings = z.infer<typeof ImitationSettings>;
