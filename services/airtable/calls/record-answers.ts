import { z } from 'zod';
import { AirtableRecord, MAX_PAGE_SIZE } from '../../../contracts/airtable';
import { RecordId } from '../../../contracts/ids';

/** The last page has no `offset`. */
export const RecordPage = z.object({
  records: z.array(AirtableRecord).max(MAX_PAGE_SIZE),
  offset: z.string().optional(),
});
export type RecordPage = z.infer<typeof RecordPage>;

/** One record, which must be the one asked for. */
export function oneRecord(id: string) {
  return AirtableRecord.refine((r) => r.id === id, 'is another record');
}

/** A list that was asked for one record by its id: that one or none. */
export function oneOrNone(id: string) {
  return z.object({ records: z.array(oneRecord(id)).max(1) });
}

const Records = z.object({ records: z.array(AirtableRecord.extend({ id: RecordId })) });

/** An answer to a create tells of as many records, each another one, in the order given. */
export function createdRecords(count: number) {
  return Records.refine((a) => a.records.length === count, 'tells of another number of records').refine(
    (a) => distinctIds(a.records).size === count,
    'tells of one record twice',
  );
}

/** An answer to an update tells of exactly the records asked for, in that order; anything else is not believed. */
export function updatedRecords(ids: readonly string[]) {
  return Records.refine(
    (a) => a.records.length === ids.length && a.records.every((r, i) => r.id === ids[i]),
    'tells of other records',
  );
}

const Upserted = Records.extend({ createdRecords: z.array(RecordId), updatedRecords: z.array(RecordId) });
export type Upserted = z.infer<typeof Upserted>;

/**
 * An answer to an upsert of `count` records, of which those in `ids` were named by id: it tells of each of its
 * records, once, whether it was created or updated. Two records of a request can have found the same one.
 */
export function upsertedRecords(count: number, ids: readonly string[]) {
  return Upserted.refine((a) => a.records.length === count, 'tells of another number of records')
    .refine((a) => {
      const made = new Set(a.createdRecords);
      return !a.updatedRecords.some((id) => made.has(id));
    }, 'has a record both created and updated')
    .refine((a) => {
      const told = new Set([...a.createdRecords, ...a.updatedRecords]);
      const all = distinctIds(a.records);
      return told.size === all.size && [...told].every((id) => all.has(id));
    }, 'does not say which records were created and which updated')
    .refine((a) => ids.every((id) => a.updatedRecords.includes(id)), 'tells of other records');
}

const Deleted = z.object({ id: z.string(), deleted: z.literal(true) });

export function deletedRecords(ids: readonly string[]) {
  const asked = new Set(ids);
  return z.object({ records: z.array(Deleted) }).refine((a) => {
    const told = distinctIds(a.records);
    return told.size === asked.size && [...told].every((id) => asked.has(id));
  }, 'tells of other records');
}

const distinctIds = (records: readonly { readonly id: string }[]) => new Set(records.map(({ id }) => id));
