import { EngineError } from '../engine-error';
import type { ImitationSettings } from './settings';

/** Why a call does not pass: too fast, or the month's calls are spent. */
export type RefusalReason = 'rate' | 'month';

/** Type and message of each. Source: answers of Airtable seen in public issues; the month's message is (?). */
const WORDS: Readonly<Record<RefusalReason, readonly [type: string, message: string]>> = {
  rate: ['RATE_LIMIT_REACHED', 'Rate limit exceeded. Please try again later'],
  month: [
    'PUBLIC_API_BILLING_LIMIT_EXCEEDED',
    "API billing plan limit exceeded. You've reached the maximum number of requests allowed for this month.",
  ],
};

/** Airtable's 429 in the form that the settings ask for; `n` counts refusals, for forms that alternate. */
export function imitatedRefusal(why: RefusalReason, body: ImitationSettings['body'], n: number): EngineError {
  const [type, message] = WORDS[why];
  const form = body === 'alternate' ? (n % 2 === 1 ? 'object' : 'list') : body;
  return new EngineError(429, type, message, { form });
}
