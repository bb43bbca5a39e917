import type { ErrorKind, ErrorOptions } from '../../contracts/errors';
import { readErrorBody } from './calls/answers';
import type { Answer } from './wire/exchange';
import { describeAnswer, readRetryAfter, type Failure } from './failure';

/**
 * Airtable's answer that is not a 2xx, as an error named by who must act. Only the status decides, and the type
 * where one status has several meanings; Airtable's words go to `details.upstream`.
 * Source: airtable-web-api facts, "Errors".
 */
export function readRefusal(answer: Answer, token: string, stillMs: number): Failure {
  const { type } = readErrorBody(answer.text);
  const { status } = answer;
  const details = describeAnswer(answer, token);
  const refused = (kind: ErrorKind, code: string, message: string, options: ErrorOptions = {}): Failure => ({
    kind,
    message,
    options: { code, details, ...options },
    passing: false,
    mayHaveLanded: false,
  });

  if (status >= 300 && status < 400) {
    return refused(
      'Upstream',
      'redirect_refused',
      'The endpoint answered with a redirect, which is never followed with a token: check the URL of the connection.',
      { retryable: false },
    );
  }
  switch (status) {
    case 401:
      return refused(
        'Forbidden',
        'connection_unauthorized',
        'Airtable does not accept the token of this connection any more: create a new one in Airtable, make a connection with it, and remove this one.',
      );
    case 403:
      return refused(
        'Forbidden',
        'connection_forbidden',
        'The token of this connection may not do this: in Airtable, check its scopes, the bases it was given, and its owner’s permission on the base, table or field.',
      );
    case 404:
      return refused(
        'NotFound',
        'airtable_not_found',
        'Airtable has nothing under this id: it was deleted, or the token cannot see it.',
      );
    case 408:
    case 425:
      return passing('Unavailable', 'airtable_unavailable', 'Airtable did not take the request in time.');
    case 413:
      return refused(
        'InvalidInput',
        'airtable_too_large',
        'The request is too large for Airtable: send fewer or smaller cells.',
      );
    case 422:
      if (type === 'LIST_RECORDS_ITERATOR_NOT_AVAILABLE') {
        return refused(
          'Conflict',
          'list_expired',
          'Airtable forgot where this list had got to: start it again.',
          { retryable: true },
        );
      }
      return refused(
        'InvalidInput',
        'airtable_rejected',
        'Airtable rejected the request as not valid; details.airtableType and details.upstream say why.',
      );
    case 429:
      return type === 'PUBLIC_API_BILLING_LIMIT_EXCEEDED'
        ? refused(
            'LimitReached',
            'airtable_quota',
            'The workspace in Airtable has spent its API calls of this month: it works again next month or on a larger plan.',
            { retryable: false },
          )
        : {
            ...passing(
              'LimitReached',
              'airtable_rate_limit',
              'Airtable was asked too fast, by all its callers together, and rests for a while.',
            ),
            afterMs: readRetryAfter(answer.headers) ?? stillMs,
            mayHaveLanded: false,
          };
    default:
      if (status < 500)
        return refused(
          'InvalidInput',
          'airtable_rejected',
          'Airtable rejected the request; details.upstream says why.',
        );
      if (status === 500)
        return passing('Upstream', 'airtable_error', 'Airtable failed while it worked on the request.');
      return passing('Unavailable', 'airtable_unavailable', 'Airtable is not available at the moment.');
  }

  function passing(kind: ErrorKind, code: string, message: string): Failure {
    return {
      kind,
      message,
      options: { code, details },
      passing: true,
      afterMs: readRetryAfter(answer.headers),
      mayHaveLanded: true,
    };
  }
}
