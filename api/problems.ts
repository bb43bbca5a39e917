import { randomUUID } from 'node:crypto';
import type { ErrorRequestHandler } from 'express';
import type { Logger } from 'pino';
import { z, ZodError } from 'zod';
import { ERRORS, SagatableError } from '../contracts/errors';
import { inputErrorOf } from './parse';

/** Errors of Express and body-parser (npm http-errors); `type` says which. */
const HttpError = z.object({ status: z.number().int().min(400).max(499), type: z.string().optional() });
/** PostgreSQL's word for text it cannot hold: U+0000 (SQLSTATE 22021, 22P05). */
const TextError = z.object({ code: z.enum(['22021', '22P05']) });

const READING_ERRORS: Readonly<Record<string, readonly [status: number, code: string, sentence: string]>> = {
  'entity.parse.failed': [400, 'malformed_json', 'The body is not valid JSON.'],
  'entity.too.large': [413, 'body_too_large', 'The body is larger than this route takes.'],
  'charset.unsupported': [415, 'unsupported_media_type', 'Send the body as JSON in UTF-8.'],
  'encoding.unsupported': [
    415,
    'unsupported_media_type',
    'Send the body plain, or with gzip, deflate or br.',
  ],
};

/** Anything thrown, as one of the known errors; undefined for what is a mistake of our own. */
export function toSagatableError(error: unknown): SagatableError | undefined {
  if (error instanceof SagatableError) return error;
  if (error instanceof ZodError) return inputErrorOf(error);
  // Express throws it for a path with a broken escape.
  if (error instanceof URIError) return new SagatableError('NotFound', 'There is nothing at this address.');
  if (TextError.safeParse(error).success) {
    return new SagatableError('InvalidInput', 'A text holds the character U+0000, which cannot be stored.', {
      code: 'invalid_input',
    });
  }
  const http = HttpError.safeParse(error);
  if (!http.success) return undefined;
  const [status, code, sentence] = READING_ERRORS[http.data.type ?? ''] ?? [
    http.data.status,
    'unreadable_request',
    'The request could not be read.',
  ];
  return new SagatableError('InvalidInput', sentence, { status, code });
}

/**
 * Answers errors as problem details (RFC 9457) with a stable `code`. Mistakes of our own are logged under the request's
 * id, and show nothing but that id.
 */
export function createProblemHandler({
  logger,
}: {
  readonly logger: Pick<Logger, 'error'>;
}): ErrorRequestHandler {
  // Express knows an error handler by its four parameters.
  return (error: unknown, req, res, _next) => {
    const known = toSagatableError(error);
    const requestId: unknown = res.locals['requestId'];
    const instance = typeof requestId === 'string' ? requestId : randomUUID();
    const status = known?.status ?? 500;
    if (status >= 500)
      logger.error({ err: error, id: instance, method: req.method, path: req.path }, 'a request failed');
    if (res.headersSent) {
      res.destroy();
      return;
    }
    const code = known?.code ?? 'internal';
    if (known?.retryAfterMs !== undefined)
      res.set('Retry-After', String(Math.max(1, Math.ceil(known.retryAfterMs / 1000))));
    if (status === 401 && !res.get('WWW-Authenticate')) res.set('WWW-Authenticate', 'Bearer');
    res
      .status(status)
      .set('Content-Type', 'application/problem+json; charset=utf-8')
      .send(
        JSON.stringify({
          // Details are further members; the ones below win.
          ...known?.details,
          type: `urn:sagatable:problem:${code}`,
          title: known ? ERRORS[known.kind].title : 'Something went wrong on our side',
          status,
          detail:
            known?.message ?? 'The request could not be finished. It was logged with the id in `instance`.',
          code,
          instance,
        }),
      );
  };
}
