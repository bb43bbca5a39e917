import { z } from 'zod';
import { isStorable } from './storable-text';

/** Airtable's limits for names and descriptions. Source: Airtable Web API, schema. */
const Name = z
  .string()
  .trim()
  .min(1)
  .max(255)
  .refine(isStorable, 'must not hold NUL or half a surrogate pair');
const Description = z.string().max(20_000).refine(isStorable, 'must not hold NUL or half a surrogate pair');

/** Most fields of a table. Source: Airtable's documented limit. */
export const MAX_FIELDS = 500;

export const FieldInput = z.strictObject({
  name: Name,
  type: z.string().min(1).max(100),
  description: Description.optional(),
  options: z.unknown().optional(),
});
export type FieldInput = z.infer<typeof FieldInput>;

export const TableInput = z.strictObject({
  name: Name,
  description: Description.optional(),
  fields: z.array(FieldInput).min(1).max(MAX_FIELDS),
});
export type TableInput = z.infer<typeof TableInput>;

export const BaseInput = z.object({ name: Name, tables: z.array(TableInput).min(1).max(100) });
export type BaseInput = z.infer<typeof BaseInput>;

/** Nothing else can be changed through the API: options least of all. */
export const Renaming = z
  .strictObject({ name: Name.optional(), description: Description.optional() })
  .refine((it) => it.name !== undefined || it.description !== undefined, 'needs a name or a description');
export type Renaming = z.infer<typeof Renaming>;
