import { z } from 'zod';

/** Shapes of the Airtable Web API as Sagatable reads them; unknown keys are kept out. Source: airtable-web-api facts, "Schema", "Records". */
export const CellValue = z.json();
export type CellValue = z.infer<typeof CellValue>;

/** An absent cell is an empty one. */
export const Cells = z.record(z.string(), CellValue);
export type Cells = z.infer<typeof Cells>;

export const AirtableRecord = z.object({
  id: z.string(),
  createdTime: z.string(),
  fields: Cells,
  /** Only where it was asked for. */
  commentCount: z.number().int().nonnegative().optional(),
});
export type AirtableRecord = z.infer<typeof AirtableRecord>;

export const FieldSchema = z.object({
  id: z.string(),
  name: z.string(),
  type: z.string(),
  description: z
    .string()
    .nullish()
    .transform((text) => text ?? undefined)
    .optional(),
  options: z.record(z.string(), z.unknown()).nullish(),
});
export type FieldSchema = z.infer<typeof FieldSchema>;

export const ViewSchema = z.object({ id: z.string(), name: z.string(), type: z.string() });

export const TableSchema = z.object({
  id: z.string(),
  name: z.string(),
  description: z
    .string()
    .nullish()
    .transform((text) => text ?? undefined)
    .optional(),
  primaryFieldId: z.string(),
  fields: z.array(FieldSchema),
  views: z.array(ViewSchema).default([]),
});
export type TableSchema = z.infer<typeof TableSchema>;

export const BaseSchema = z.object({ tables: z.array(TableSchema) });
export type BaseSchema = z.infer<typeof BaseSchema>;

/** Most records a create, update, upsert or delete may carry. Source: Airtable Web API, limits. */
export const MAX_RECORDS_PER_WRITE = 10;
/** Most records one page of a list may carry. */
export const MAX_PAGE_SIZE = 100;
/** Characters of the name of a base, table or field, and of a description. Source: Airtable Web API, schema. */
export const MAX_NAME_LENGTH = 255;
export const MAX_DESCRIPTION_LENGTH = 20_000;
export const MAX_FIELDS_PER_TABLE = 500;
/** Bytes of a file that is uploaded with its bytes. Source: Airtable Web API, upload attachment. */
export const MAX_UPLOAD_BYTES = 5 * 1024 ** 2;

/** Types that cannot be written through the API. */
export const COMPUTED_TYPES: ReadonlySet<string> = new Set([
  'formula',
  'rollup',
  'multipleLookupValues',
  'count',
  'autoNumber',
  'createdTime',
  'lastModifiedTime',
  'createdBy',
  'lastModifiedBy',
  'button',
  'aiText',
  'externalSyncSource',
]);
