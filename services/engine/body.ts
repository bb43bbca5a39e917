import type { z } from 'zod';
import { invalidRequest } from './engine-error';

/** Checks a body against its shape. Throws Airtable's 422 with the first thing that is wrong. */
export function parseBody<S extends z.ZodType>(shape: S, body: unknown): z.output<S> {
  const parsed = shape.safeParse(body);
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0];
  throw invalidRequest(`${issue?.path.join('.') || 'the body'} ${issue?.message ?? 'is not valid'}`);
}
