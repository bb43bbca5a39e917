import type { z } from 'zod';
import { SagatableError, type ErrorKind, type ErrorOptions } from '../../contracts/errors';
import { parseJson, readErrorBody } from './calls/answers';
import type { Answer } from './wire/exchange';
import type { ExchangeFailure } from './wire/exchange-failure';
import { showUpstreamText } from './upstream-text';

/** One request that did not end well, before it is decided whether it is repeated. */
export interface Failure {
  readonly kind: ErrorKind;
  readonly message: string;
  readonly options: ErrorOptions;
  /** True when the same request can succeed soon; then not before `afterMs`, if given. */
  readonly passing: boolean;
  readonly afterMs?: number | undefined;
  /** False only where the request certainly changed nothing. */
  readonly mayHaveLanded: boolean;
}

/** The error of a failure, with what is known of the call as a whole. */
export function errorOf(failure: Failure, details: Readonly<Record<string, unknown>>): SagatableError {
  return new SagatableError(failure.kind, failure.message, {
    ...failure.options,
    ...(failure.afterMs === undefined ? {} : { retryAfterMs: failure.afterMs }),
    details: { ...failure.options.details, ...details },
  });
}

// Not verified which of these Airtable sends; all are looked for, the first one counts.
const REQUEST_ID_HEADERS = [
  'x-airtable-request-id',
  'airtable-request-id',
  'x-request-id',
  'x-amzn-requestid',
];

/** What is kept of an answer that is not the expected one: data for programs and support, never part of a message. */
export function describeAnswer(answer: Answer, token: string): Readonly<Record<string, unknown>> {
  const { type, message } = readErrorBody(answer.text);
  const requestId = REQUEST_ID_HEADERS.map((name) => answer.headers[name]).find((id) => id);
  return {
    upstreamStatus: answer.status,
    upstream: showUpstreamText(message, token),
    ...(type === undefined ? {} : { airtableType: showUpstreamText(type, token) }),
    ...(requestId ? { requestId: showUpstreamText(requestId, token) } : {}),
  };
}

/** Retry-After in milliseconds, seconds or date, between 1 s and 10 min; undefined when absent or unreadable. */
export function readRetryAfter(headers: Answer['headers']): number | undefined {
  const text = headers['retry-after']?.trim();
  if (!text) return undefined;
  const ms = /^\d+(\.\d+)?$/.test(text) ? Number(text) * 1000 : Date.parse(text) - Date.now();
  return Number.isNaN(ms) ? undefined : Math.min(600_000, Math.max(1_000, ms));
}

/** No answer came. */
export function unanswered({ reason, sent }: ExchangeFailure): Failure {
  if (reason === 'ADDRESS_NOT_ALLOWED') return UNSENT.address;
  if (reason === 'GATEWAY_CLOSED') return UNSENT.closed;
  return {
    kind: 'Unavailable',
    message: sent
      ? 'Airtable broke off without an answer: try again in a while.'
      : 'Airtable could not be reached: try again in a while; if it stays so, the network or its name server needs a look.',
    options: { code: sent ? 'no_answer' : 'unreachable', details: { network: reason } },
    passing: reason !== 'ANSWER_TOO_LARGE' && reason !== 'ANSWER_ENCODED',
    mayHaveLanded: sent,
  };
}

const UNSENT: Readonly<Record<'address' | 'closed', Failure>> = {
  address: {
    kind: 'Forbidden',
    message:
      'The name of this connection’s host leads to an address that is not a public one: the operator of this server has to look at its name server, or list the host in AIRTABLE_HOSTS.',
    options: { code: 'endpoint_not_allowed' },
    passing: false,
    mayHaveLanded: false,
  },
  closed: {
    kind: 'Unavailable',
    message: 'This process is shutting down and asks Airtable nothing more: try again in a while.',
    options: { code: 'gateway_closed' },
    passing: false,
    mayHaveLanded: false,
  },
};

/** Nothing was sent, because the last requests to this host failed. */
export function circuitOpen(host: string, retryAfterMs: number): Failure {
  return {
    kind: 'Unavailable',
    message: `Requests to ${host} keep failing, so nothing is sent there for now: it is tried again in ${Math.ceil(retryAfterMs / 1000)} s.`,
    options: { code: 'circuit_open' },
    passing: true,
    afterMs: retryAfterMs,
    mayHaveLanded: false,
  };
}

/** A 2xx whose body is not what was asked for. */
export function unexpected(answer: Answer, error: z.ZodError, token: string): Failure {
  const first = error.issues[0];
  const problem = showUpstreamText(first ? `${first.path.join('.')}: ${first.message}` : '', token);
  const described = describeAnswer(answer, token);
  // JSON of another form may be a customer's records, which have no place in an error.
  const details = parseJson(answer.text) === undefined ? described : { ...described, upstream: '(JSON)' };
  return {
    kind: 'Upstream',
    message: 'Airtable’s answer is not of the form its documentation describes.',
    options: { code: 'unexpected_answer', details: { ...details, problem } },
    passing: true,
    mayHaveLanded: true,
  };
}
