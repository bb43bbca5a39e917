import type { z } from 'zod';
import { SagatableError } from '../../../contracts/errors';

/** Longest URL that Airtable takes. Source: Airtable Web API, URL length limit. */
const MAX_URL = 16_000;
/** More than any endpoint's host with `/v0`: the limit counts the whole URL. */
const HOST_LENGTH = 300;

/** An input as its shape gives it. Throws InvalidInput `invalid_call`, saying where and what would be right. */
export function checkInput<S extends z.ZodType>(shape: S, input: z.input<S>): z.output<S> {
  const parsed = shape.safeParse(input);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  const place = issue?.path.join('.') ?? '';
  throw invalidCall(`${place === '' ? 'The request' : place} ${issue?.message ?? 'is not valid'}.`);
}

/** Throws InvalidInput `url_too_long`. */
export function assertUrlLength(path: string): void {
  if (path.length + HOST_LENGTH < MAX_URL) return;
  throw new SagatableError(
    'InvalidInput',
    `The request’s URL would be too long: Airtable takes less than ${MAX_URL.toLocaleString('en')} characters. Name fewer fields or ids.`,
    { code: 'url_too_long' },
  );
}

export function invalidCall(message: string, code = 'invalid_call'): SagatableError {
  return new SagatableError('InvalidInput', message, { code });
}
