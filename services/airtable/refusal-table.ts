import type { ErrorKind } from '../../contracts/errors';

/** One of Airtable's refusals, and what Sagatable makes of it. */
export interface Refusal {
  /** `3xx` and `5xx` stand for those not listed by themselves. */
  readonly status: number | '3xx' | '4xx' | '5xx';
  /** Airtable's types that mean this; none for every other type of that status. */
  readonly types?: readonly string[];
  readonly kind: ErrorKind;
  readonly code: string;
  /** Says who must act and what to do. */
  readonly message: string;
  /** Where it is not what the kind says. */
  readonly retryable?: boolean;
  /** The same request can succeed soon, so the gateway repeats it itself where that is safe. */
  readonly passing?: true;
  /** The request may have been carried out all the same. */
  readonly mayHaveLanded?: true;
}

const UNAVAILABLE: Refusal = {
  status: '5xx',
  kind: 'Unavailable',
  code: 'airtable_unavailable',
  message: 'Airtable is not available at the moment: try again in a while.',
  passing: true,
  mayHaveLanded: true,
};

/**
 * Everything Airtable is known to refuse with. The first row that fits a status and type counts, so rows without
 * types come last of their status. Source: airtable-web-api facts, "Errors"; the types that it does not have are those
 * of the published clients' tests.
 */
export const REFUSALS: readonly Refusal[] = [
  {
    status: '3xx',
    kind: 'Upstream',
    code: 'redirect_refused',
    message:
      'The endpoint answered with a redirect, which is never followed with a token: check the URL of the connection.',
    retryable: false,
  },
  {
    status: 401,
    kind: 'Forbidden',
    code: 'connection_unauthorized',
    message:
      'Airtable does not accept the token of this connection any more: create a new one in Airtable and replace the token of the connection with it.',
  },
  {
    status: 403,
    types: ['INVALID_PERMISSIONS'],
    kind: 'Forbidden',
    code: 'airtable_not_permitted',
    message:
      'The owner of the token may not do this in Airtable: ask for a higher role on the base, or have the table or field unlocked, or leave it out.',
  },
  {
    status: 403,
    kind: 'Forbidden',
    code: 'connection_forbidden',
    message:
      'The token of this connection may not do this: in Airtable, check its scopes, the bases it was given, and its owner’s permission on the base, table or field.',
  },
  {
    status: 404,
    kind: 'NotFound',
    code: 'airtable_not_found',
    message: 'Airtable has nothing under this id: it was deleted, or the token cannot see it.',
  },
  ...[408, 425].map((status): Refusal => ({
    status,
    kind: 'Unavailable',
    code: 'airtable_unavailable',
    message: 'Airtable did not take the request in time: try again in a while.',
    passing: true,
    mayHaveLanded: true,
  })),
  {
    status: 413,
    kind: 'InvalidInput',
    code: 'airtable_too_large',
    message: 'The request is too large for Airtable: send fewer or smaller cells.',
  },
  {
    status: 414,
    kind: 'InvalidInput',
    code: 'airtable_too_long',
    message: 'The address of the request is too long for Airtable: shorten the formula or name fewer fields.',
  },
  {
    status: 422,
    types: ['UNKNOWN_FIELD_NAME'],
    kind: 'InvalidInput',
    code: 'airtable_unknown_field',
    message:
      'The table has no field of that name or id: read the schema again, since fields are renamed and deleted; details.upstream names it.',
  },
  {
    status: 422,
    types: ['INVALID_VALUE_FOR_COLUMN'],
    kind: 'InvalidInput',
    code: 'airtable_invalid_value',
    message:
      'A value does not fit the type of its field, or the field is computed and takes none: change the value or leave the field out; details.upstream names it.',
  },
  {
    status: 422,
    types: ['INVALID_MULTIPLE_CHOICE_OPTIONS'],
    kind: 'InvalidInput',
    code: 'airtable_unknown_option',
    message:
      'A select field has no such option, and this token may not add one: use an option that it has, or have the option added in Airtable.',
  },
  {
    status: 422,
    types: ['ROW_DOES_NOT_EXIST'],
    kind: 'InvalidInput',
    code: 'airtable_record_missing',
    message:
      'A record of the request is not in this table: it was deleted, or belongs to another one; nothing of the request was done.',
  },
  {
    status: 422,
    types: ['VIEW_NAME_NOT_FOUND'],
    kind: 'InvalidInput',
    code: 'airtable_unknown_view',
    message: 'The table has no view of that name or id: read the schema again, or leave the view out.',
  },
  {
    status: 422,
    types: ['INVALID_FILTER_BY_FORMULA'],
    kind: 'InvalidInput',
    code: 'airtable_invalid_formula',
    message:
      'Airtable cannot read the formula: check its functions, brackets and field names; details.upstream says where.',
  },
  {
    status: 422,
    types: ['LIST_RECORDS_TIMEOUT'],
    kind: 'InvalidInput',
    code: 'airtable_list_timeout',
    message:
      'The formula took Airtable too long on this table: use a simpler one, or a view that has fewer records.',
  },
  {
    status: 422,
    types: ['LIST_RECORDS_ITERATOR_NOT_AVAILABLE'],
    kind: 'Conflict',
    code: 'list_expired',
    message: 'Airtable forgot where this list had got to: start it again.',
    retryable: true,
  },
  {
    status: 422,
    types: ['INVALID_ATTACHMENT_OBJECT', 'ATTACHMENTS_FAILED_UPLOADING'],
    kind: 'InvalidInput',
    code: 'airtable_invalid_attachment',
    message:
      'An attachment is not one that Airtable takes: give each new one by a public url, and each that stays by its id.',
  },
  {
    status: 422,
    types: ['UNSUPPORTED_FIELD_TYPE_FOR_CREATE'],
    kind: 'InvalidInput',
    code: 'airtable_unsupported_field_type',
    message:
      'Fields of this type cannot be made through Airtable’s Web API: make the field in Airtable itself.',
  },
  {
    status: 422,
    types: ['INVALID_FIELD_TYPE_OPTIONS_FOR_CREATE'],
    kind: 'InvalidInput',
    code: 'airtable_invalid_field_options',
    message: 'The options do not fit the type of the field: check them against Airtable’s field model.',
  },
  {
    status: 422,
    types: ['DUPLICATE_TABLE_NAME', 'DUPLICATE_OR_EMPTY_FIELD_NAME'],
    kind: 'InvalidInput',
    code: 'airtable_name_taken',
    message: 'The name is empty or taken already, whatever its case: choose another one.',
  },
  {
    status: 422,
    types: ['INVALID_RECORDS'],
    kind: 'InvalidInput',
    code: 'airtable_invalid_records',
    message: 'The list of records is not valid: send one to ten, each once.',
  },
  {
    status: 422,
    types: ['TOO_MANY_WEBHOOKS_IN_BASE'],
    kind: 'LimitReached',
    code: 'airtable_too_many_webhooks',
    message: 'The base has as many webhooks as Airtable allows: remove one that is not used any more.',
    retryable: false,
  },
  {
    status: 422,
    kind: 'InvalidInput',
    code: 'airtable_rejected',
    message: 'Airtable rejected the request as not valid; details.airtableType and details.upstream say why.',
  },
  {
    status: 429,
    types: ['PUBLIC_API_BILLING_LIMIT_EXCEEDED'],
    kind: 'LimitReached',
    code: 'airtable_quota',
    message:
      'The workspace in Airtable has spent its API calls of this month: it works again next month or on a larger plan.',
    retryable: false,
  },
  {
    status: 429,
    kind: 'LimitReached',
    code: 'airtable_rate_limit',
    message: 'Airtable was asked too fast, by all its callers together, and rests for a while.',
    passing: true,
  },
  {
    status: '4xx',
    kind: 'InvalidInput',
    code: 'airtable_rejected',
    message: 'Airtable rejected the request; details.upstream says why.',
  },
  {
    status: 500,
    kind: 'Upstream',
    code: 'airtable_error',
    message: 'Airtable failed while it worked on the request: try again in a while.',
    passing: true,
    mayHaveLanded: true,
  },
  UNAVAILABLE,
];

/** The row for a status and a type; a status that no row has counts as a failure of the server. */
export function refusalOf(status: number, type: string | undefined): Refusal {
  const group = `${Math.floor(status / 100)}xx`;
  const found = REFUSALS.find(
    (row) =>
      (row.status === status || row.status === group) &&
      (row.types === undefined || (type !== undefined && row.types.includes(type))),
  );
  return found ?? UNAVAILABLE;
}
