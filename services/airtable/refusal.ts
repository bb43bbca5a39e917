import { readErrorBody } from './calls/answers';
import { describeAnswer, readRetryAfter, type Failure } from './failure';
import { refusalOf } from './refusal-table';
import type { Answer } from './wire/exchange';

/**
 * Airtable's answer that is not a 2xx, as an error named by who must act. Only the status decides, and the type
 * where one status has several meanings; Airtable's words go to `details.upstream`. `stillMs`: how long a base rests
 * after a 429 that names no time of its own.
 */
export function readRefusal(answer: Answer, token: string, stillMs: number): Failure {
  const refusal = refusalOf(answer.status, readErrorBody(answer.text).type);
  const { kind, code, message, retryable, passing = false, mayHaveLanded = false } = refusal;
  const afterMs = passing ? readRetryAfter(answer.headers) : undefined;
  return {
    kind,
    message,
    options: {
      code,
      details: describeAnswer(answer, token),
      ...(retryable === undefined ? {} : { retryable }),
    },
    passing,
    afterMs: code === 'airtable_rate_limit' ? (afterMs ?? stillMs) : afterMs,
    mayHaveLanded,
  };
}
