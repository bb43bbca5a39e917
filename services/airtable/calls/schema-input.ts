import { z } from 'zod';
import { MAX_DESCRIPTION_LENGTH, MAX_FIELDS_PER_TABLE, MAX_NAME_LENGTH } from '../../../contracts/airtable';
import { FieldId } from '../../../contracts/ids';
import { WorkspaceId } from './ids';

const Name = z
  .string()
  .trim()
  .min(1, 'must not be empty')
  .max(MAX_NAME_LENGTH, `must have at most ${MAX_NAME_LENGTH} characters`);
const Description = z
  .string()
  .max(MAX_DESCRIPTION_LENGTH, `must have at most ${MAX_DESCRIPTION_LENGTH} characters`);

/** Source: Airtable Web API, create field. `options` are those of the type. */
export const NewField = z.strictObject({
  name: Name,
  type: z.string().min(1, 'must be a field type'),
  description: Description.optional(),
  options: z.record(z.string(), z.unknown()).optional(),
});
export type NewField = z.input<typeof NewField>;

const FIELDS = `must have 1 to ${MAX_FIELDS_PER_TABLE} fields, the first of which is the primary one`;

/** Source: Airtable Web API, create table. Names are unique whatever their case. */
export const NewTable = z.strictObject({
  name: Name,
  description: Description.optional(),
  fields: z
    .array(NewField)
    .min(1, FIELDS)
    .max(MAX_FIELDS_PER_TABLE, FIELDS)
    .refine(namesDiffer, 'must have names that differ in more than their case'),
});
export type NewTable = z.input<typeof NewTable>;

/** Source: Airtable Web API, create base. */
export const NewBase = z.strictObject({
  name: Name,
  workspaceId: WorkspaceId,
  tables: z
    .array(NewTable)
    .min(1, 'must have 1 table at least')
    .refine(namesDiffer, 'must have names that differ in more than their case'),
});
export type NewBase = z.input<typeof NewBase>;

/** Source: Airtable Web API, date dependency settings. */
const DateDependency = z.strictObject({
  isEnabled: z.boolean(),
  startDateFieldId: FieldId,
  endDateFieldId: FieldId,
  durationFieldId: FieldId,
  predecessorFieldId: FieldId.nullish(),
  reschedulingMode: z.enum(['flexible', 'fixed', 'none']),
  shouldSkipWeekendsAndHolidays: z.boolean(),
  holidays: z.array(z.iso.date()),
});

const Renaming = z.strictObject({ name: Name.optional(), description: Description.optional() });

/** Source: Airtable Web API, update table. */
export const TableChange = Renaming.extend({ dateDependencySettings: DateDependency.optional() }).refine(
  changesSomething,
  'must name what changes: name, description or dateDependencySettings',
);
export type TableChange = z.input<typeof TableChange>;

/** Source: Airtable Web API, update field: its options stay. */
export const FieldChange = Renaming.refine(changesSomething, 'must name what changes: name or description');
export type FieldChange = z.input<typeof FieldChange>;

function namesDiffer(named: readonly { readonly name: string }[]): boolean {
  return new Set(named.map(({ name }) => name.toLowerCase())).size === named.length;
}

function changesSomething(change: object): boolean {
  return Object.values(change).some((value) => value !== undefined);
}
