import type { ProposedField, ProposedSchemaChange } from '../../../contracts/schema-changes';
import type { NewFieldWords, SchemaStatement } from './statements';

const SCHEMA: ReadonlySet<string> = new Set([
  'createTable',
  'createField',
  'renameTable',
  'renameField',
  'describeTable',
  'describeField',
] satisfies SchemaStatement['kind'][]);

/** Whether a command changes tables or fields, and not records. */
export function isSchemaStatement<S extends { readonly kind: string }>(
  statement: S,
): statement is Extract<S, { readonly kind: SchemaStatement['kind'] }> {
  return SCHEMA.has(statement.kind);
}

/** A command about tables or fields in the form that contracts/changes.ts takes. */
export function compileSchema(s: SchemaStatement): ProposedSchemaChange {
  switch (s.kind) {
    case 'createTable':
      return { kind: s.kind, name: s.name.text, fields: s.fields.map(fieldOf) };
    case 'createField':
      return { kind: s.kind, table: s.table.text, field: fieldOf(s.field) };
    case 'renameTable':
      return { kind: s.kind, table: s.table.text, name: s.name.text };
    case 'renameField':
      return { kind: s.kind, table: s.table.text, field: s.field.text, name: s.name.text };
    case 'describeTable':
      return { kind: s.kind, table: s.table.text, description: s.text };
    case 'describeField':
      return { kind: s.kind, table: s.table.text, field: s.field.text, description: s.text };
  }
}

function fieldOf({ name, ...field }: NewFieldWords): ProposedField {
  return { name: name.text, ...field };
}
