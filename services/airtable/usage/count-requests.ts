import type { Call, Outcome } from '../call';
import type { SendRequest } from '../wire/send-request';
import type { CallCounter } from './call-counter';

/** `sendRequest` that tells `counter` of every request that left: one that certainly did not is no call for Airtable. */
export function countRequests(sendRequest: SendRequest, counter: CallCounter): SendRequest {
  return async function sendCounted(call, ...rest) {
    const outcome = await sendRequest(call, ...rest);
    if (!hasLeft(outcome)) return outcome;
    const meta = isMeta(call);
    const code = 'failure' in outcome ? outcome.failure.options.code : undefined;
    counter.add({
      ...(meta ? { metaCalls: 1 } : { calls: 1 }),
      ...(code === 'airtable_rate_limit' ? { rateLimited: 1 } : {}),
      ...(code === 'airtable_quota' ? { quotaRefusals: 1 } : {}),
    });
    if (code === 'airtable_quota') counter.noteQuota('spent');
    else if ('value' in outcome && !meta) counter.noteQuota('left');
    return outcome;
  };
}

/** It was answered, or may have been taken: a connection that did not stand and an open breaker show neither. */
function hasLeft(outcome: Outcome<unknown>): boolean {
  if ('value' in outcome) return true;
  const { mayHaveLanded, options } = outcome.failure;
  return mayHaveLanded || options.details?.['upstreamStatus'] !== undefined;
}

/** Source: airtable-web-api facts, "Limits": with the month's calls spent, /v0/meta still answers. */
const isMeta = (call: Call<unknown>) => call.path.startsWith('/meta/');
