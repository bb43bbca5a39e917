import { z } from 'zod';
import type { LeftOut } from '../../contracts/copies';
import type { WholeField, WholeSchema, WholeTable } from '../airtable/calls/base-answers';
import { FIELD_TYPES } from '../engine/fields/registry';
import { Choices } from './choices';
import { fitReferences } from './references';

const Options = z.record(z.string(), z.unknown()).nullable();

/** A field of the source, and the field that stands for it on the engine. */
export const HostedField = z.object({
  field: z.object({
    id: z.string(),
    name: z.string(),
    type: z.string(),
    description: z.string().optional(),
    options: Options,
  }),
  /** Its type and options at the source: what its cells have to be read by. */
  source: z.object({ type: z.string(), options: Options }),
});
export type HostedField = z.infer<typeof HostedField>;

/** A table as the engine can have it. */
export const HostedTable = z.object({
  id: z.string(),
  name: z.string(),
  description: z.string().optional(),
  primaryFieldId: z.string(),
  fields: z.array(HostedField),
  /** All fields of the source, also those that did not come. */
  knownFieldIds: z.array(z.string()),
  views: z.array(
    z.object({
      id: z.string(),
      name: z.string(),
      type: z.string(),
      /** Null: all fields. */
      visibleFieldIds: z.array(z.string()).nullable(),
      personalForUserId: z.string().nullable(),
    }),
  ),
});
export type HostedTable = z.infer<typeof HostedTable>;
export const HostedTables = z.array(HostedTable);

export interface Hosting {
  readonly tables: readonly HostedTable[];
  readonly leftOut: readonly LeftOut[];
}

const HOSTED_TYPES: ReadonlySet<string> = new Set(FIELD_TYPES.map((type) => type.type));
const SELECTS: ReadonlySet<string> = new Set(['singleSelect', 'multipleSelects']);

/** What no call of the Web API gives. Source: Airtable Web API facts, "Schema". */
const UNREADABLE: readonly LeftOut[] = [
  { kind: 'automations', reason: 'The Web API gives no automations.' },
  { kind: 'interfaces', reason: 'The Web API gives no interfaces.' },
];

/**
 * Decides what of a source's schema the engine can have. Fields of types that it does not know are left out and listed; a
 * table's primary field comes as text then, because a table has to have one.
 */
export function hostSchema(schema: WholeSchema): Hosting {
  const leftOut: LeftOut[] = [...UNREADABLE];
  const drafts = schema.tables.map((table) => hostTable(table, leftOut));
  const tables = fitReferences(drafts, leftOut);
  return { tables, leftOut };
}

function hostTable(table: WholeTable, leftOut: LeftOut[]): HostedTable {
  const fields: HostedField[] = [];
  for (const field of table.fields) {
    const primary = field.id === table.primaryFieldId;
    const reason = refusal(field);
    if (reason === undefined) fields.push({ field: asField(field), source: sourceOf(field) });
    else {
      const how = primary ? `${reason} As the primary field it came as text.` : reason;
      leftOut.push({ kind: 'field', id: field.id, name: field.name, tableId: table.id, reason: how });
      if (primary) fields.push({ field: asText(field), source: sourceOf(field) });
    }
  }
  if (table.views.length > 0) {
    leftOut.push({
      kind: 'viewSettings',
      tableId: table.id,
      name: table.name,
      reason: `The Web API gives no filters, sorts, groups or colours of views: ${table.views.length} came with their names and types.`,
    });
  }
  return {
    id: table.id,
    name: table.name,
    ...(table.description ? { description: table.description } : {}),
    primaryFieldId: table.primaryFieldId,
    fields,
    knownFieldIds: table.fields.map((field) => field.id),
    views: table.views.map(({ id, name, type, visibleFieldIds, personalForUserId }) => ({
      id,
      name,
      type,
      visibleFieldIds: visibleOf(table, fields, visibleFieldIds ?? null),
      personalForUserId: personalForUserId ?? null,
    })),
  };
}

/** Why the engine cannot have a field; undefined when it can. */
function refusal(field: WholeField): string | undefined {
  if (!HOSTED_TYPES.has(field.type)) return `The engine has no fields of the type ${field.type}.`;
  if (SELECTS.has(field.type) && !Choices.safeParse(field.options).success)
    return 'Its options are not those of a select field.';
  return undefined;
}

const sourceOf = ({ type, options }: WholeField) => ({ type, options: options ?? null });

function asField({ id, name, type, description, options }: WholeField): HostedField['field'] {
  return { id, name, type, ...(description ? { description } : {}), options: options ?? null };
}

function asText({ id, name, description }: WholeField): HostedField['field'] {
  return { id, name, type: 'singleLineText', ...(description ? { description } : {}), options: null };
}

/** Those of the fields which came; null where a view shows all of them as the table has them. */
function visibleOf(
  table: WholeTable,
  hosted: readonly HostedField[],
  visible: readonly string[] | null,
): string[] | null {
  if (visible === null) return null;
  if (visible.join() === table.fields.map(({ id }) => id).join()) return null;
  return visible.filter((id) => hosted.some(({ field }) => field.id === id));
}
