import { z } from 'zod';
import { AirtableRecord } from '../../../contracts/airtable';
import { FieldId, RecordId, TableId } from '../../../contracts/ids';
import { storable } from '../storable';
import { ViewId } from './ids';

/** Ids end up in statements and addresses: what does not look like one is not let in. */
const Field = z.object({
  id: FieldId,
  name: z.string(),
  type: z.string(),
  description: z.string().nullish(),
  options: z.record(z.string(), z.unknown()).nullish(),
});
/** Source: Airtable Web API, get view metadata. */
export const View = z.object({
  id: ViewId,
  name: z.string(),
  type: z.string(),
  visibleFieldIds: z.array(FieldId).nullish(),
  personalForUserId: z.string().nullish(),
});

export type View = z.infer<typeof View>;

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
