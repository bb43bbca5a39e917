import type { z } from 'zod';
import { invalidOptions } from '../engine-error';

function at(value: unknown, path: readonly PropertyKey[]): unknown {
  return path.reduce<unknown>(
    (inner, key) =>
      typeof inner === 'object' && inner !== null
        ? (inner as Readonly<Record<PropertyKey, unknown>>)[key]
        : undefined,
    value,
  );
}

function why(given: unknown, issue: z.core.$ZodIssue): string {
  const place = ['<root>', ...issue.path.map(String)].join('.');
  if (issue.code === 'unrecognized_keys') {
    return issue.keys.map((key) => `${key.slice(0, 100)} is not included in the ${place} schema`).join(', ');
  }
  return at(given, issue.path) === undefined
    ? `${place} is missing`
    : `${place} is not valid: ${issue.message}`;
}

/**
 * The options a field is made with, as its type wants them. Throws EngineError in the words Airtable has for it; like there,
 * a key that is only ever read is refused.
 */
export function readOptions<S extends z.ZodType>(schema: S, given: unknown, fieldName: string): z.output<S> {
  const parsed = schema.safeParse(given ?? undefined);
  if (parsed.success) return parsed.data;
  const reasons = parsed.error.issues.slice(0, 5).map((issue) => why(given ?? undefined, issue));
  throw invalidOptions(fieldName, `Failed schema validation: ${reasons.join(', ')}`);
}

/** Of types that have no options: nothing, or an object without anything in it. Throws EngineError. */
export function refuseOptions(given: unknown, fieldName: string): undefined {
  if (given === undefined || given === null) return undefined;
  if (typeof given === 'object' && Object.keys(given).length === 0) return undefined;
  throw invalidOptions(fieldName, 'Failed schema validation: a field of this type has no options');
}
