import type { Request } from 'express';
import type { core, ZodError, ZodType } from 'zod';
import { SagatableError } from '../contracts/errors';
import { idOf, type IdKind } from '../contracts/ids';

/** One thing that is wrong, at a JSON pointer (RFC 6901) into what was sent. */
export interface InputIssue {
  readonly pointer: string;
  readonly message: string;
}

/** A caller's mistake repeated a thousand times is told once or so. */
const MAX_LISTED = 20;
const MAX_NAME = 100;

/**
 * The body as its schema has it. Throws InvalidInput that names every field that is wrong or unknown, and
 * `body_missing` or `unsupported_media_type` where there is no JSON at all.
 */
export function parseBody<T>(schema: ZodType<T>, req: Request): T {
  const body: unknown = req.body;
  if (body !== undefined) return parse(schema, body);
  if (req.is('json') === false && req.get('content-length') !== '0') {
    throw new SagatableError('InvalidInput', 'Send the body as JSON, with Content-Type: application/json.', {
      code: 'unsupported_media_type',
      status: 415,
    });
  }
  throw new SagatableError('InvalidInput', 'This request needs a JSON body.', {
    code: 'body_missing',
    status: 400,
  });
}

/** The query as its schema has it. Throws InvalidInput as `parseBody`. */
export function parseQuery<T>(schema: ZodType<T>, req: Request): T {
  return parse(schema, req.query);
}

/** An id of the path. A malformed one answers like one that does not exist: NotFound, naming the kind. */
export function parseId(kind: IdKind, req: Request<Record<string, string>>, name = `${kind}Id`): string {
  const id = idOf(kind).safeParse(req.params[name]);
  if (id.success) return id.data;
  throw new SagatableError('NotFound', `There is no such ${kind}.`);
}

/** All parameters of the path; malformed ones answer NotFound with `sentence`, as unknown ones do. */
export function parseParams<T>(
  schema: ZodType<T>,
  req: Request<Record<string, string>>,
  sentence: string,
): T {
  const params = schema.safeParse(req.params);
  if (params.success) return params.data;
  throw new SagatableError('NotFound', sentence);
}

function parse<T>(schema: ZodType<T>, input: unknown): T {
  const result = schema.safeParse(input);
  if (result.success) return result.data;
  throw inputErrorOf(result.error);
}

/** What zod found, as one sentence for people and a list for programs. */
export function inputErrorOf(error: ZodError): SagatableError {
  const all = error.issues.flatMap(flatten);
  const told = all.slice(0, 3).map(({ pointer, message }) => `${fieldAt(pointer)} ${message}`);
  const more = all.length > told.length ? `; and ${all.length - told.length} more` : '';
  return new SagatableError('InvalidInput', `${told.join('; ')}${more}.`, {
    code: 'invalid_input',
    details: { errors: all.slice(0, MAX_LISTED) },
  });
}

function flatten(issue: core.$ZodIssue): InputIssue[] {
  if (issue.code === 'unrecognized_keys') {
    return issue.keys.map((key) => ({
      pointer: pointerTo([...issue.path, key]),
      message: 'is not a known field',
    }));
  }
  if (issue.code === 'invalid_union') {
    // The option that came closest: the others complain of more.
    const [closest = []] = [...issue.errors].sort((a, b) => a.length - b.length);
    const inner = closest.flatMap((i) => flatten({ ...i, path: [...issue.path, ...i.path] }));
    if (inner.length) return inner;
  }
  return [{ pointer: pointerTo(issue.path), message: sayOf(issue) }];
}

function sayOf({ code, message }: core.$ZodIssue): string {
  if (code === 'invalid_type' && message.endsWith('received undefined')) return 'is needed';
  // Messages of our own begin with a verb; zod's with a capital.
  return /^[A-Z]/.test(message)
    ? `is not valid: ${message.replace(/^Invalid (input|option): /, '')}`
    : message;
}

function pointerTo(path: readonly PropertyKey[]): string {
  return path
    .map((p) => `/${String(p).slice(0, MAX_NAME).replace(/~/g, '~0').replace(/\//g, '~1')}`)
    .join('');
}

function fieldAt(pointer: string): string {
  return pointer === '' ? 'The request' : pointer.slice(1);
}
