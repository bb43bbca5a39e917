import { z } from 'zod';
import { MAX_DESCRIPTION_LENGTH, MAX_FIELDS_PER_TABLE, MAX_NAME_LENGTH } from './airtable';
import { FieldId, TableId } from './ids';

/** Stand for the ids of tables and fields that an edit makes: theirs are only known once they are there. */
export const NewTableId = z.string().regex(/^new:tbl\d+$/);
export const NewFieldId = z.string().regex(/^new:fld\d+$/);
/** A table or field that is there, or one that the same change set makes. */
export const TableRef = z.union([TableId, NewTableId]);
export const FieldRef = z.union([FieldId, NewFieldId]);

/** Types that the Web API creates. Source: Airtable Web API, create field; the others give 422. */
export const CREATABLE_TYPES = [
  'singleLineText',
  'multilineText',
  'richText',
  'email',
  'url',
  'phoneNumber',
  'number',
  'percent',
  'currency',
  'rating',
  'duration',
  'checkbox',
  'singleSelect',
  'multipleSelects',
  'date',
  'dateTime',
  'multipleRecordLinks',
  'multipleAttachments',
  'singleCollaborator',
  'multipleCollaborators',
  'barcode',
] as const;
export const CreatableType = z.enum(CREATABLE_TYPES);
export type CreatableType = z.infer<typeof CreatableType>;

const Name = z.string().trim().min(1).max(MAX_NAME_LENGTH);
const Description = z.string().max(MAX_DESCRIPTION_LENGTH);

/** A field as it is to be made, its options complete; a linked table can be one of the same change set. */
export const FieldSpec = z.strictObject({
  name: Name,
  type: CreatableType,
  description: Description.optional(),
  options: z.record(z.string(), z.json()).optional(),
});
export type FieldSpec = z.infer<typeof FieldSpec>;

/** The first field is the primary one. */
export const CreateTableChange = z.strictObject({
  kind: z.literal('createTable'),
  tableId: NewTableId,
  name: Name,
  description: Description.optional(),
  fields: z
    .array(FieldSpec.extend({ fieldId: NewFieldId }))
    .min(1)
    .max(MAX_FIELDS_PER_TABLE),
});
export const CreateFieldChange = z.strictObject({
  kind: z.literal('createField'),
  tableId: TableRef,
  fieldId: NewFieldId,
  field: FieldSpec,
});
const Names = { before: Name, after: Name };
/** An empty text is none. */
const Descriptions = { before: Description, after: Description };
export const RenameTableChange = z.strictObject({
  kind: z.literal('renameTable'),
  tableId: TableId,
  ...Names,
});
export const DescribeTableChange = z.strictObject({
  kind: z.literal('describeTable'),
  tableId: TableId,
  ...Descriptions,
});
export const RenameFieldChange = z.strictObject({
  kind: z.literal('renameField'),
  tableId: TableId,
  fieldId: FieldId,
  ...Names,
});
export const DescribeFieldChange = z.strictObject({
  kind: z.literal('describeField'),
  tableId: TableId,
  fieldId: FieldId,
  ...Descriptions,
});
export const SCHEMA_CHANGES = [
  CreateTableChange,
  CreateFieldChange,
  RenameTableChange,
  DescribeTableChange,
  RenameFieldChange,
  DescribeFieldChange,
] as const;
export type SchemaChange = z.infer<(typeof SCHEMA_CHANGES)[number]>;
export type CreateTableChange = z.infer<typeof CreateTableChange>;
export type CreateFieldChange = z.infer<typeof CreateFieldChange>;
export type SchemaCreation = CreateTableChange | CreateFieldChange;
export type SchemaNaming = Exclude<SchemaChange, SchemaCreation>;

export const SCHEMA_KINDS = [
  'createTable',
  'createField',
  'renameTable',
  'describeTable',
  'renameField',
  'describeField',
] as const;
/** What no call of the Web API takes back: it deletes neither a table nor a field. */
export const IRREVERSIBLE_KINDS = ['createTable', 'createField'] as const;

export type SchemaKind = (typeof SCHEMA_KINDS)[number];
const SCHEMA: ReadonlySet<string> = new Set(SCHEMA_KINDS);
/** Whether a change is one of tables and fields, and not of records. */
export function isSchemaChange<C extends { readonly kind: string }>(
  change: C,
): change is Extract<C, { readonly kind: SchemaKind }> {
  return SCHEMA.has(change.kind);
}

const Named = z.string().min(1).max(MAX_NAME_LENGTH);
/** What of the options is left out gets Airtable's usual value; `linkedTableId` may be a name too. */
export const ProposedField = z.strictObject({
  name: Name,
  type: CreatableType,
  description: Description.optional(),
  options: z.record(z.string(), z.json()).optional(),
});
export type ProposedField = z.infer<typeof ProposedField>;

/** Tables and fields by id or name, also those that the same proposal makes. */
export const PROPOSED_SCHEMA_CHANGES = [
  z.strictObject({
    kind: z.literal('createTable'),
    name: Name,
    description: Description.optional(),
    fields: z.array(ProposedField).min(1).max(MAX_FIELDS_PER_TABLE),
  }),
  z.strictObject({ kind: z.literal('createField'), table: Named, field: ProposedField }),
  z.strictObject({ kind: z.literal('renameTable'), table: Named, name: Name }),
  z.strictObject({ kind: z.literal('renameField'), table: Named, field: Named, name: Name }),
  z.strictObject({ kind: z.literal('describeTable'), table: Named, description: Description }),
  z.strictObject({ kind: z.literal('describeField'), table: Named, field: Named, description: Description }),
] as const;
export type ProposedSchemaChange = z.infer<(typeof PROPOSED_SCHEMA_CHANGES)[number]>;
