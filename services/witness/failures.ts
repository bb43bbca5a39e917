import { SagatableError } from '../../contracts/errors';
import type { RoundEnd } from './watch-rows';

const NOT_PERMITTED =
  'The token may not watch this base: it needs the scopes webhook:manage, data.records:read and schema.bases:read, and its owner the Creator role in the base.';

/** What to do about an error, by its code: other servers' words are kept out of it. */
const ADVICE: Readonly<Record<string, string>> = {
  connection_unauthorized:
    'Airtable does not accept the token of the connection any more: give the connection a new one. Until then nothing is seen.',
  connection_forbidden: NOT_PERMITTED,
  airtable_not_permitted: NOT_PERMITTED,
  connection_narrowed:
    'Airtable grants the token less than it did: give it the scopes webhook:manage, data.records:read and schema.bases:read again. Until then nothing is seen.',
  watch_scope_missing:
    'The token lacks webhook:manage: add this scope to the token in Airtable. Until then nothing is seen.',
  connection_read_only:
    'A webhook is made by a write to the base: switch writing on for this connection to watch through it.',
  webhooks_full:
    'The base has ten webhooks, which is all that Airtable allows: delete one that is not needed.',
  airtable_quota:
    'The calls of this month are spent: watching goes on next month, or as soon as a call works again.',
  airtable_not_found: 'Airtable has no such base any more, or the token cannot see it.',
  connection_token_unreadable:
    'The stored token of the connection cannot be read: give the connection a new one.',
};

/** A sentence for the person who must act; one for all that passes by itself. */
export function adviceFor(code: string): string {
  return ADVICE[code] ?? 'Watching this base failed for now and is tried again.';
}

const HOUR_MS = 3_600_000;
const LONGEST_BACKOFF_MS = 900_000;

/** Whether somebody must act before it ends: then it is asked again rarely, for when they have. */
function isLasting({ kind, code }: SagatableError): boolean {
  return (
    kind === 'Forbidden' ||
    kind === 'NotFound' ||
    code === 'webhooks_full' ||
    code === 'connection_token_unreadable'
  );
}

/** How a round that threw ends: when to try again and what the watch is until then. */
export function endOfFailure(
  error: unknown,
  failures: number,
  pollMs: number,
  random = Math.random,
): RoundEnd {
  const code = error instanceof SagatableError ? error.code : 'unexpected';
  if (error instanceof SagatableError && code === 'rate_wait') {
    // Nothing is wrong: other calls of the base came first.
    return { dueInMs: (error.retryAfterMs ?? 1_000) * (1 + random()), failures, errorCode: null };
  }
  const next = failures + 1;
  if (code === 'airtable_quota') {
    return { dueInMs: Math.min(HOUR_MS, untilNextMonth()), state: 'paused', failures: next, errorCode: code };
  }
  if (error instanceof SagatableError && isLasting(error))
    return { dueInMs: HOUR_MS, state: 'broken', failures: next, errorCode: code };
  const backoff = Math.min(LONGEST_BACKOFF_MS, Math.max(pollMs, 5_000) * 2 ** Math.min(next - 1, 10));
  const asked = error instanceof SagatableError ? (error.retryAfterMs ?? 0) : 0;
  return { dueInMs: Math.max(asked, backoff * (0.5 + random() / 2)), failures: next, errorCode: code };
}

/** Quotas begin anew with the month; a little later, since clocks differ. Source: Airtable Web API, limits. */
function untilNextMonth(): number {
  const now = new Date();
  return Date.UTC(now.getUTCFullYear(), now.getUTCMonth() + 1, 1) + 60_000 - now.getTime();
}
