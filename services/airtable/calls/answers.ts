import { z } from 'zod';
import { AirtableRecord } from '../../../contracts/airtable';

/** Source: Airtable Web API, get user id & scopes. */
export const WhoAmI = z.object({
  id: z.string().min(1),
  email: z.string().optional(),
  scopes: z.array(z.string()).optional(),
});
export type WhoAmI = z.infer<typeof WhoAmI>;

export const BaseListing = z.object({ id: z.string(), name: z.string(), permissionLevel: z.string() });
export type BaseListing = z.infer<typeof BaseListing>;

export const BasePage = z.object({ bases: z.array(BaseListing), offset: z.string().optional() });

/** The last page has no `offset`. */
export const RecordPage = z.object({ records: z.array(AirtableRecord), offset: z.string().optional() });
export type RecordPage = z.infer<typeof RecordPage>;

const Deleted = z.object({ id: z.string(), deleted: z.literal(true) });

/** An answer to a write tells of exactly the records asked for, in that order; anything else is not believed. */
export function writtenRecords(count: number, ids?: readonly string[]) {
  return z
    .object({ records: z.array(AirtableRecord) })
    .refine((a) => a.records.length === count, 'tells of another number of records')
    .refine((a) => !ids || a.records.every((r, i) => r.id === ids[i]), 'tells of other records');
}

export function deletedRecords(ids: readonly string[]) {
  return z
    .object({ records: z.array(Deleted) })
    .refine((a) => ids.every((id) => a.records.some((r) => r.id === id)), 'tells of other records');
}

/** One record, which must be the one asked for. */
export function oneRecord(id: string) {
  return AirtableRecord.refine((r) => r.id === id, 'is another record');
}

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

/** Undefined when the text is not JSON. */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}
