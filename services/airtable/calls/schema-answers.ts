import { z } from 'zod';
import { BaseSchema, FieldSchema, TableSchema } from '../../../contracts/airtable';
import { BaseId, FieldId, TableId } from '../../../contracts/ids';

export const BaseListing = z.object({ id: z.string(), name: z.string(), permissionLevel: z.string() });
export type BaseListing = z.infer<typeof BaseListing>;

export const BasePage = z.object({ bases: z.array(BaseListing), offset: z.string().optional() });

/** A base that was just made. Source: Airtable Web API, create base. */
export function createdBase(tables: number) {
  return BaseSchema.extend({ id: BaseId }).refine(
    (a) => a.tables.length === tables,
    'tells of another number of tables',
  );
}
export type CreatedBase = z.infer<ReturnType<typeof createdBase>>;

/** A table that was just made, with at least the fields that were asked for: links can bring more. */
export function createdTable(fields: number) {
  return TableSchema.extend({ id: TableId }).refine((a) => a.fields.length >= fields, 'lacks fields');
}

/** The table that was changed, as it is now. */
export function changedTable(id: string) {
  return TableSchema.extend({ id: z.literal(id) });
}

/** A field that was just made. */
export function createdField(type: string) {
  return FieldSchema.extend({ id: FieldId, type: z.literal(type) });
}

/** The field that was changed, as it is now. */
export function changedField(id: string) {
  return FieldSchema.extend({ id: z.literal(id) });
}
