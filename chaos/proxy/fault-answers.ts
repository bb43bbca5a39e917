import { ANSWERS } from './airtable-answers';
import type { Fault } from './fault-choice';

/** An answer as it goes to the caller. */
export interface PlainAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer;
}

const JSON_TYPE = { 'content-type': 'application/json' };

function answerOf(
  { status, body }: { readonly status: number; readonly body?: unknown },
  headers: Readonly<Record<string, string>> = JSON_TYPE,
): PlainAnswer {
  return { status, headers, body: Buffer.from(typeof body === 'string' ? body : JSON.stringify(body)) };
}

/** Faults that answer by themselves and never ask the target. */
export const REFUSING: Readonly<Partial<Record<Fault, PlainAnswer>>> = {
  'rate-limited': answerOf(ANSWERS.rateLimited),
  'rate-limited-list': answerOf(ANSWERS.rateLimitedList),
  billing: answerOf(ANSWERS.billing),
};

/** Faults whose answer says nothing of whether the request was carried out. */
export const UNCLEAR: Readonly<Partial<Record<Fault, PlainAnswer>>> = {
  'error-500': answerOf(ANSWERS.error),
  'error-502': answerOf(ANSWERS.badGateway, { 'content-type': 'text/html' }),
  'error-503': answerOf(ANSWERS.unavailable),
  'error-503-retry-after': answerOf(ANSWERS.unavailable, { ...JSON_TYPE, 'retry-after': '1' }),
  html: answerOf(ANSWERS.garbage, { 'content-type': 'text/html' }),
  'wrong-json': answerOf({ status: 200, body: { records: 'many', bases: {}, tables: 7 } }),
};

/** The answer without its second half, and a length that fits: only its reader can tell. */
export function truncate(answer: PlainAnswer): PlainAnswer {
  return { ...answer, body: answer.body.subarray(0, Math.floor(answer.body.length / 2)) };
}
