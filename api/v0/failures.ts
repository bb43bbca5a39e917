import type { ErrorRequestHandler } from 'express';
import { SagatableError } from '../../contracts/errors';
import { EngineError } from '../../services/engine/engine-error';

/** An answer in Airtable's own shape. Source: Airtable Web API, errors. */
interface Failure {
  readonly status: number;
  readonly type: string;
  readonly message: string;
  readonly form?: 'object' | 'list';
}

function memberOf(error: unknown, key: 'type' | 'code' | 'status'): unknown {
  return typeof error === 'object' && error !== null ? Reflect.get(error, key) : undefined;
}

/** SQLSTATEs after which the same request can succeed: deadlock, serialization, cancelled, too many connections, shut down. */
const RETRIABLE = new Set(['40P01', '40001', '57014', '53300', '57P01', 'ECONNREFUSED', 'ECONNRESET']);

function ofBody(error: unknown): Failure | undefined {
  const type = memberOf(error, 'type');
  if (type === 'entity.too.large') {
    return { status: 413, type: 'REQUEST_TOO_LARGE', message: 'Request body is too large' };
  }
  const status = memberOf(error, 'status');
  if (typeof status !== 'number' || status < 400 || status > 499) return undefined;
  return error instanceof URIError
    ? {
        status: 422,
        type: 'INVALID_REQUEST_UNKNOWN',
        message: 'Invalid request: the address cannot be read',
      }
    : { status, type: 'INVALID_REQUEST_BODY', message: 'Could not parse request body' };
}

function ofDatabase(error: unknown): Failure | undefined {
  const code = memberOf(error, 'code');
  if (typeof code !== 'string') return undefined;
  if (RETRIABLE.has(code))
    return { status: 503, type: 'RETRIABLE_ERROR', message: 'Please try again shortly' };
  // Class 22: data that PostgreSQL cannot take and that got past the checks.
  if (!/^22...$/.test(code)) return undefined;
  return {
    status: 422,
    type: 'INVALID_REQUEST_UNKNOWN',
    message: 'Invalid request: a value cannot be stored',
  };
}

function failureOf(error: unknown): Failure | undefined {
  if (error instanceof EngineError) return error;
  if (error instanceof SagatableError) {
    return { status: error.status, type: error.code.toUpperCase(), message: error.message };
  }
  return ofBody(error) ?? ofDatabase(error);
}

function bodyOf({ type, message, form }: Failure) {
  if (type === 'NOT_FOUND') return { error: 'NOT_FOUND' };
  return form === 'list' ? { errors: [{ error: type, message }] } : { error: { type, message } };
}

/** What would be right, percent-encoded, where Airtable's own message does not say it: an extension of the engine. */
const WHY = 'X-Sagatable-Why';

/** Answers every failure under /v0 in Airtable's shapes; `report` hears of those that are our own fault. */
export function createFailureHandler(report: (error: unknown) => void): ErrorRequestHandler {
  return (error: unknown, _req, res, next) => {
    if (res.headersSent) {
      next(error);
      return;
    }
    const failure = failureOf(error);
    if (!failure) {
      report(error);
      res.status(500).json({
        error: { type: 'SERVER_ERROR', message: 'Try again. If it persists, contact the operator.' },
      });
      return;
    }
    if (failure.status === 503) res.set('Retry-After', '1');
    if (error instanceof EngineError && error.why !== undefined)
      res.set(WHY, encodeURI(error.why.toWellFormed()));
    res.status(failure.status).json(bodyOf(failure));
  };
}
