import { z } from 'zod';

/** Something of a deleted record that did not return with it. */
export const Lost = z.object({
  kind: z.enum(['link', 'attachment', 'comments']),
  /** A record id with a field, a file name, or how many. */
  what: z.string(),
  reason: z.string(),
});
export type Lost = z.infer<typeof Lost>;

/** What deletions of an edit, or of the edit that it reverts, cannot or did not bring back with an undo. */
export const NotReturning = z.object({
  /** Records deleted or to be deleted. */
  records: z.number().int(),
  /** Those of them that were created again so far. */
  restored: z.number().int(),
  /** Of each record: its id, its created time, who created it and when it was changed; an autonumber where the table has one. */
  always: z.array(z.enum(['id', 'createdTime', 'createdBy', 'autoNumber', 'history'])),
  /** Comments on the records; an undo posts them again as quotations where its approval says so. Null while nothing was deleted. */
  comments: z.number().int().nullable(),
  repostComments: z.boolean(),
  /** Files over 5 MB: they are kept, and return only while Airtable can still fetch them from where they were. Null as above. */
  largeAttachments: z.number().int().nullable(),
  /** What did not return, of at most 100 records. */
  lost: z.array(
    z.object({
      recordId: z.string(),
      newRecordId: z.string(),
      label: z.string().nullable(),
      lost: z.array(Lost),
    }),
  ),
  lostCount: z.number().int(),
});
export type NotReturning = z.infer<typeof NotReturning>;
