import { z } from 'zod';
import { AirtableRecord } from '../../../contracts/airtable';
import { FieldId, RecordId, TableId } from '../../../contracts/ids';
import { storable } from '../storable';

const ViewId = z.string().regex(/^viw[0-9A-Za-z]{14}$/, 'must be a view id');

/** Ids end up in statements and addresses: what does not look like one is not let in. */
const Field = z.object({
  id: FieldId,
  name: z.string(),
  type: z.string(),
  description: z.string().nullish(),
  options: z.record(z.string(), z.unknown()).nullish(),
});
const View = z.object({
  id: ViewId,
  name: z.string(),
  type: z.string(),
  visibleFieldIds: z.array(FieldId).nullish(),
  personalForUserId: z.string().nullish(),
});

/** A base's schema with all that can be read of it. Source: Airtable Web API, get base schema. */
export const WholeSchema = z.preprocess(
  storable,
  z.object({
    tables: z.array(
      z.object({
        id: TableId,
        name: z.string(),
        description: z.string().nullish(),
        primaryFieldId: FieldId,
        fields: z.array(Field).min(1),
        views: z.array(View).default([]),
      }),
    ),
  }),
);
export type WholeSchema = z.infer<typeof WholeSchema>;
export type WholeTable = WholeSchema['tables'][number];
export type WholeField = WholeTable['fields'][number];

/** A record with the number of its comments. */
export const CountedRecord = AirtableRecord.extend({
  id: RecordId,
  createdTime: z.iso.datetime({ offset: true }),
  commentCount: z.number().int().nonnegative().optional(),
});
export type CountedRecord = z.infer<typeof CountedRecord>;

/** The last page has no `offset`. */
export const CountedPage = z.object({ records: z.array(CountedRecord), offset: z.string().optional() });
export type CountedPage = z.infer<typeof CountedPage>;

const Somebody = z.object({
  id: z.string().min(1).max(100),
  email: z.string().nullish(),
  name: z.string().nullish(),
});

/** Source: Airtable Web API, list comments. `displayName` was called `name` before. */
export const SourceComment = z.object({
  id: z.string().regex(/^com[0-9A-Za-z]{14}$/, 'must be a comment id'),
  text: z.string(),
  author: Somebody,
  createdTime: z.iso.datetime({ offset: true }),
  lastUpdatedTime: z.iso.datetime({ offset: true }).nullish(),
  parentCommentId: z.string().nullish(),
  mentioned: z.record(z.string(), Somebody.extend({ displayName: z.string().nullish() })).nullish(),
  reactions: z.array(z.unknown()).nullish(),
  attachments: z.array(z.unknown()).nullish(),
});
export type SourceComment = z.infer<typeof SourceComment>;

export const CommentPage = z.preprocess(
  storable,
  z.object({ comments: z.array(SourceComment), offset: z.string().nullish() }),
);
export type CommentPage = z.infer<typeof CommentPage>;
