import type { BaseSchema, FieldSchema, TableSchema } from '../../contracts/airtable';
import type {
  CreateTableChange,
  FieldSpec,
  SchemaCreation,
  SchemaNaming,
} from '../../contracts/schema-changes';

/** A table or field with the creation's name, as it is in the base now. */
export type Namesake =
  | { readonly table: TableSchema; readonly field?: undefined }
  | { readonly table: TableSchema; readonly field: FieldSchema };

/** Whether the table that a creation or naming is of is (still) there; a new table needs none. */
export function isPlaceThere(schema: BaseSchema, change: SchemaCreation | SchemaNaming): boolean {
  if (change.kind === 'createTable') return true;
  const table = schema.tables.find(({ id }) => id === change.tableId);
  if (change.kind === 'renameField' || change.kind === 'describeField')
    return table?.fields.some(({ id }) => id === change.fieldId) ?? false;
  return table !== undefined;
}

/** Who has the name that is to be made: names are unique whatever their case. Source: Airtable Web API, schema. */
export function findNamesake(schema: BaseSchema, change: SchemaCreation): Namesake | undefined {
  if (change.kind === 'createTable') {
    const table = schema.tables.find(({ name }) => sameName(name, change.name));
    return table && { table };
  }
  const table = schema.tables.find(({ id }) => id === change.tableId);
  const field = table?.fields.find(({ name }) => sameName(name, change.field.name));
  return table && field && { table, field };
}

/**
 * The ids of what a creation made, by what stands for them; undefined where the namesake is not exactly what was to be made.
 * Airtable adds to options (ids, colors, the other side of a link): what was asked for has to be there, more may be.
 */
export function matchCreation(
  change: SchemaCreation,
  { table, field }: Namesake,
): Record<string, string> | undefined {
  if (change.kind === 'createField')
    return field && isMadeOf(change.field, field) ? { [change.fieldId]: field.id } : undefined;
  const exact = table.name === change.name && (table.description ?? '') === (change.description ?? '');
  if (!exact || table.fields.length !== change.fields.length) return undefined;
  const made = madeTable(change, table);
  const all = change.fields.every((spec, i) => {
    const present = table.fields.find(({ name }) => name === spec.name);
    return present && isMadeOf(spec, present) && (i > 0 || present.id === table.primaryFieldId);
  });
  return all ? made : undefined;
}

/** The ids of a table that was just made, and of its fields, by what stands for them. */
export function madeTable(change: CreateTableChange, table: TableSchema): Record<string, string> {
  const fields = change.fields.flatMap(({ fieldId, name }) => {
    const field = table.fields.find((present) => sameName(present.name, name));
    return field ? [[fieldId, field.id] as const] : [];
  });
  return { [change.tableId]: table.id, ...Object.fromEntries(fields) };
}

/** The name or description that a naming changes, as it is now; undefined where the table or field is gone. */
export function presentText(schema: BaseSchema, change: SchemaNaming): string | undefined {
  const table = schema.tables.find(({ id }) => id === change.tableId);
  const named =
    change.kind === 'renameField' || change.kind === 'describeField'
      ? table?.fields.find(({ id }) => id === change.fieldId)
      : table;
  if (!named) return undefined;
  return isRenaming(change) ? named.name : (named.description ?? '');
}

/** Who else has the name that a renaming gives. */
export function findTaken(schema: BaseSchema, change: SchemaNaming, name: string): string | undefined {
  if (!isRenaming(change)) return undefined;
  const fields = schema.tables.find(({ id }) => id === change.tableId)?.fields ?? [];
  const [named, ownId] =
    change.kind === 'renameField' ? [fields, change.fieldId] : [schema.tables, change.tableId];
  return named.find((other) => other.id !== ownId && sameName(other.name, name))?.name;
}

export function isRenaming(change: SchemaNaming): boolean {
  return change.kind === 'renameTable' || change.kind === 'renameField';
}

function isMadeOf(spec: FieldSpec, present: FieldSchema): boolean {
  return (
    present.name === spec.name &&
    present.type === spec.type &&
    (present.description ?? '') === (spec.description ?? '') &&
    holds(present.options ?? {}, spec.options ?? {})
  );
}

/** Whether everything that is wanted is there, in lists in the same order and no more of it. */
function holds(present: unknown, wanted: unknown): boolean {
  if (Array.isArray(wanted))
    return (
      Array.isArray(present) &&
      present.length === wanted.length &&
      wanted.every((item, i) => holds(present[i], item))
    );
  if (typeof wanted !== 'object' || wanted === null) return present === wanted;
  if (typeof present !== 'object' || present === null) return false;
  const there = new Map<string, unknown>(Object.entries(present));
  return Object.entries(wanted).every(([key, value]) => holds(there.get(key), value));
}

const sameName = (a: string, b: string) => a.toLowerCase() === b.toLowerCase();
