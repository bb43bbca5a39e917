import {
  COMPUTED_TYPES,
  type BaseSchema,
  type FieldSchema,
  type TableSchema,
} from '../../contracts/airtable';
import { SagatableError } from '../../contracts/errors';
import { nearestName } from '../tools/nearest-name';

function suggest(name: string, names: readonly string[]): string {
  const nearest = nearestName(name, names);
  if (nearest !== undefined) return ` Did you mean “${nearest}”?`;
  return ` There are: ${names.slice(0, 20).join(', ')}${names.length > 20 ? ', …' : ''}.`;
}

/** By id or exact name, else by name without regard to case. */
function findNamed<T extends { readonly id: string; readonly name: string }>(
  items: readonly T[],
  key: string,
): T | undefined {
  return (
    items.find((item) => item.id === key || item.name === key) ??
    items.find((item) => item.name.toLowerCase() === key.toLowerCase())
  );
}

/**
 * Finds tables and fields by id or name (exact first, then without regard to case) and says what is near when there is none.
 * With `former`, the schema before it was changed, what has another name by now is found by its old one too.
 */
export class SchemaIndex {
  constructor(
    private readonly schema: BaseSchema,
    private readonly former?: BaseSchema,
  ) {}

  table(key: string): TableSchema {
    const { tables } = this.schema;
    const found = findNamed(tables, key) ?? this.renamed(tables, this.former?.tables, key);
    if (found) return found;
    throw new SagatableError(
      'InvalidInput',
      `There is no table “${key}” in this base.${suggest(
        key,
        tables.map((t) => t.name),
      )}`,
      { code: 'unknown_table' },
    );
  }

  field(table: TableSchema, key: string): FieldSchema {
    const { fields } = table;
    const former = this.former?.tables.find(({ id }) => id === table.id)?.fields;
    const found = findNamed(fields, key) ?? this.renamed(fields, former, key);
    if (found) return found;
    throw new SagatableError(
      'InvalidInput',
      `There is no field “${key}” in the table “${table.name}”.${suggest(
        key,
        fields.map((f) => f.name),
      )}`,
      {
        code: 'unknown_field',
      },
    );
  }

  private renamed<T extends TableSchema | FieldSchema>(
    items: readonly T[],
    former: readonly T[] = [],
    key: string,
  ): T | undefined {
    const id = findNamed(former, key)?.id;
    return items.find((item) => item.id === id);
  }

  /** A field that the API lets us write; throws for computed ones. */
  writableField(table: TableSchema, key: string): FieldSchema {
    const field = this.field(table, key);
    if (COMPUTED_TYPES.has(field.type)) {
      throw new SagatableError(
        'InvalidInput',
        `“${field.name}” in “${table.name}” is computed by Airtable (${field.type}): it cannot be written.`,
        {
          code: 'computed_field',
        },
      );
    }
    return field;
  }

  /** The field whose value names a record. */
  primaryField(table: TableSchema): FieldSchema {
    return this.field(table, table.primaryFieldId);
  }
}

/** The fields of a table that an edit may write and an undo can restore. */
export function writableFields(table: TableSchema): FieldSchema[] {
  return table.fields.filter((f) => !COMPUTED_TYPES.has(f.type));
}
