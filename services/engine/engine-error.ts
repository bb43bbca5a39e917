import { SagatableError, type ErrorKind } from '../../contracts/errors';

const KINDS: Readonly<Record<number, ErrorKind>> = {
  401: 'Unauthenticated',
  403: 'Forbidden',
  404: 'NotFound',
  429: 'LimitReached',
  503: 'Unavailable',
};

interface EngineErrorOptions {
  /** `list` is the form `{errors: [{error, message}]}`, which some of Airtable's 429 have. */
  readonly form?: 'object' | 'list';
  readonly cause?: unknown;
  /** What would be right, for people; Airtable's messages do not say it. */
  readonly why?: string | undefined;
}

/** A refusal in Airtable's words: `type` is the error type of the Airtable Web API, `message` what goes with it. */
export class EngineError extends SagatableError {
  readonly form: 'object' | 'list';
  readonly why: string | undefined;

  constructor(
    status: number,
    readonly type: string,
    message: string,
    { form = 'object', cause, why }: EngineErrorOptions = {},
  ) {
    super(KINDS[status] ?? 'InvalidInput', message, { status, code: type, cause });
    this.form = form;
    this.why = why;
  }
}

/** The one answer for a base, table, field or right that is missing, hidden or another's. Source: Airtable Web API, errors. */
export function modelNotFound(): EngineError {
  return new EngineError(
    403,
    'INVALID_PERMISSIONS_OR_MODEL_NOT_FOUND',
    'Invalid permissions, or the requested model was not found. Check that both your user and your token have the required permissions, and that the model names and/or ids are correct.',
  );
}

/** A record or field that is not there, asked for by its own address. */
export function recordNotFound(): EngineError {
  return new EngineError(404, 'NOT_FOUND', 'Could not find what you are looking for');
}

/** A record id in a batch or a link that the table does not have. */
export function rowDoesNotExist(recordId: string): EngineError {
  return new EngineError(422, 'ROW_DOES_NOT_EXIST', `Record ID ${recordId} does not exist in this table`);
}

/** A value that the field's type does not take; `why` helps the person. */
export function invalidValue(fieldName: string, why?: string): EngineError {
  const message = `Field "${fieldName}" cannot accept the provided value`;
  return new EngineError(422, 'INVALID_VALUE_FOR_COLUMN', message, { why });
}

/** A value for a field whose cells follow from others. */
export function computedField(fieldName: string): EngineError {
  return new EngineError(
    422,
    'INVALID_VALUE_FOR_COLUMN',
    `Field "${fieldName}" cannot accept a value because the field is computed`,
  );
}

/** A field that the table does not have, by id or by name. */
export function unknownField(name: string): EngineError {
  return new EngineError(422, 'UNKNOWN_FIELD_NAME', `Unknown field name: "${name}"`);
}

/** A parameter or body that is not as the API wants it. */
export function invalidRequest(why: string, type = 'INVALID_REQUEST_UNKNOWN'): EngineError {
  return new EngineError(
    422,
    type,
    `Invalid request: parameter validation failed. Check your request data: ${why}`,
  );
}

/** Options that a new field of that type cannot have. */
export function invalidOptions(fieldName: string, why: string): EngineError {
  return new EngineError(
    422,
    'INVALID_FIELD_TYPE_OPTIONS_FOR_CREATE',
    `Invalid options for ${fieldName}: ${why}`,
  );
}
