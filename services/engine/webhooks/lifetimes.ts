/** Times of webhooks. Source: Airtable Web API, create a webhook, list webhook payloads, webhooks overview. */
const DAY_MS = 24 * 60 * 60 * 1_000;
/** For how long a webhook works after it was made, refreshed or read. */
const LIFE_MS = 7 * DAY_MS;
/** For how long it can still be read after that. */
const READABLE_MS = 7 * DAY_MS;
const PAYLOAD_LIFE_MS = 7 * DAY_MS;

/** When a webhook that was made, refreshed or read now stops working. */
export function expirationFrom(now: Date): Date {
  return new Date(now.getTime() + LIFE_MS);
}

/** Webhooks that expired at this time or before are gone altogether. */
export function goneAt(now: Date): Date {
  return new Date(now.getTime() - READABLE_MS);
}

/** Payloads that were made at this time or before are gone, whether somebody saw them or not. */
export function payloadsGoneAt(now: Date): Date {
  return new Date(now.getTime() - PAYLOAD_LIFE_MS);
}

/** Airtable answers within this time or takes the ping for failed. */
export const PING_TIMEOUT_MS = 25_000;
/** How often a failed ping is tried again before notifications are switched off: for about a day. */
export const PING_RETRIES = 13;
const FIRST_RETRY_MS = 10_000;

/** When a ping that has failed so often (1 = the first try) is tried again. */
export function retryAt(now: Date, failures: number): Date {
  return new Date(now.getTime() + FIRST_RETRY_MS * 2 ** (failures - 1));
}
