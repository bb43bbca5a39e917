import { z } from 'zod';

/** What a delete of one thing answers: that thing, and that it is gone. */
export function deletedOne(id: string) {
  return z.object({ id: z.literal(id), deleted: z.literal(true) });
}

/** For calls whose answer tells nothing: an object or no body at all, and certainly no page of somebody else's. */
export const Nothing = z.union([z.null(), z.record(z.string(), z.unknown())]).transform(() => undefined);

const Named = z.object({ type: z.string().optional(), message: z.string().optional() });

/** Every form of an error body met so far. Source: airtable-web-api facts, "Errors". */
const ErrorBody = z.union([
  z.object({ error: z.string() }).transform((b) => ({ type: b.error, message: undefined })),
  z.object({ error: Named }).transform((b) => b.error),
  z
    .object({
      errors: z.array(z.object({ error: z.string().optional(), message: z.string().optional() })).min(1),
    })
    .transform((b) => ({ type: b.errors[0]?.error, message: b.errors[0]?.message })),
]);

/** Type and message of an error body; the whole text as message where it is none. */
export function readErrorBody(text: string): { type: string | undefined; message: string } {
  const parsed = ErrorBody.safeParse(parseJson(text));
  if (!parsed.success) return { type: undefined, message: text };
  const type = parsed.data.type;
  return {
    // Only what looks like a type is one: this value is matched and shown as a code.
    type: type !== undefined && /^[A-Z][A-Z0-9_]{1,79}$/.test(type) ? type : undefined,
    message: parsed.data.message ?? type ?? '',
  };
}

/** Undefined when the text is not JSON, null when there is none. */
export function parseJson(text: string): unknown {
  if (text === '') return null;
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}
