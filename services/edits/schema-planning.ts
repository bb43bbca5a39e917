import { MAX_FIELDS_PER_TABLE, type BaseSchema, type TableSchema } from '../../contracts/airtable';
import { SagatableError } from '../../contracts/errors';
import type {
  FieldSpec,
  ProposedSchemaChange,
  SchemaChange,
  SchemaNaming,
} from '../../contracts/schema-changes';
import type { DraftedChange } from './draft';
import { assertFreeName, assertTableFields, completeField } from './field-specs';
import { isNewId } from './new-ids';
import { SchemaIndex } from './schema-index';

type Proposed<K extends ProposedSchemaChange['kind']> = Extract<ProposedSchemaChange, { kind: K }>;

/** Schema changes in order, and an index of the base as it will be after them; old names find what has a new one. */
export interface SchemaPlan {
  readonly changes: DraftedChange[];
  readonly index: SchemaIndex;
}

/**
 * Canonical changes of tables and fields, each checked against the base as the ones before leave it. Throws InvalidInput:
 * `unknown_table`, `unknown_field`, `name_taken`, `wrong_field`, `changed_twice`.
 */
export function planSchemaChanges(schema: BaseSchema, proposed: readonly ProposedSchemaChange[]): SchemaPlan {
  const tables = schema.tables.map((table) => ({ ...table, fields: [...table.fields] }));
  const index = new SchemaIndex({ tables }, schema);
  const changes: DraftedChange[] = [];
  let made = 0;

  function add(change: SchemaChange, label: string): void {
    const same = ({ change: other }: DraftedChange) =>
      other.kind === change.kind && targetOf(other) === targetOf(change);
    if (changes.some(same))
      throw new SagatableError(
        'InvalidInput',
        `“${label}” is changed twice: say its last name or text once.`,
        {
          code: 'changed_twice',
        },
      );
    changes.push({ change, label });
  }

  function createTable({ name, description, fields }: Proposed<'createTable'>): void {
    assertFreeName(tables, 'a table', name);
    assertTableFields(name, fields);
    const tableId = `new:tbl${++made}`;
    const specs = fields.map((field) => ({ ...completeField(index, field), fieldId: `new:fld${++made}` }));
    add({ kind: 'createTable', tableId, name, ...(description ? { description } : {}), fields: specs }, name);
    const known = specs.map(({ fieldId, ...field }) => ({ id: fieldId, ...field }));
    tables.push({
      id: tableId,
      name,
      description,
      fields: known,
      primaryFieldId: known[0]?.id ?? '',
      views: [],
    });
  }

  function createField({ table: key, field: proposedField }: Proposed<'createField'>): void {
    const table = index.table(key);
    const field = completeField(index, proposedField);
    assertFreeName(table.fields, `in “${table.name}” a field`, field.name);
    if (table.fields.length >= MAX_FIELDS_PER_TABLE)
      throw new SagatableError(
        'InvalidInput',
        `“${table.name}” has ${MAX_FIELDS_PER_TABLE} fields: no more fit.`,
        { code: 'wrong_field' },
      );
    const fieldId = `new:fld${++made}`;
    add({ kind: 'createField', tableId: table.id, fieldId, field }, field.name);
    table.fields.push({ id: fieldId, ...field });
  }

  function changeTable(table: TableSchema, change: Extract<SchemaNaming, { kind: `${string}Table` }>): void {
    assertThere(table.id, table.name);
    if (change.before === change.after) return;
    add(change, table.name);
    const known = tables.find(({ id }) => id === table.id);
    if (known)
      Object.assign(known, { [change.kind === 'renameTable' ? 'name' : 'description']: change.after });
  }

  function changeField(
    table: TableSchema,
    key: string,
    make: (field: TableSchema['fields'][number]) => Extract<SchemaNaming, { kind: `${string}Field` }>,
  ): void {
    const field = index.field(table, key);
    assertThere(field.id, field.name);
    const change = make(field);
    if (change.before === change.after) return;
    add(change, field.name);
    const changed = change.kind === 'renameField' ? { name: change.after } : { description: change.after };
    table.fields.splice(table.fields.indexOf(field), 1, { ...field, ...changed });
  }

  for (const p of proposed) {
    if (p.kind === 'createTable') createTable(p);
    else if (p.kind === 'createField') createField(p);
    else {
      const table = index.table(p.table);
      const tableId = table.id;
      if (p.kind === 'renameTable') {
        assertFreeName(tables, 'a table', p.name, tableId);
        changeTable(table, { kind: p.kind, tableId, before: table.name, after: p.name });
      } else if (p.kind === 'describeTable') {
        changeTable(table, {
          kind: p.kind,
          tableId,
          before: table.description ?? '',
          after: p.description,
        });
      } else if (p.kind === 'renameField') {
        const { name } = p;
        changeField(table, p.field, (field) => {
          assertFreeName(table.fields, `in “${table.name}” a field`, name, field.id);
          return { kind: 'renameField', tableId, fieldId: field.id, before: field.name, after: name };
        });
      } else {
        const { description } = p;
        changeField(table, p.field, (field) => ({
          kind: 'describeField',
          tableId,
          fieldId: field.id,
          before: field.description ?? '',
          after: description,
        }));
      }
    }
  }
  return { changes, index };
}

/** Options that records use in new select fields become part of those fields; the rest of the changes stays. */
export function foldNewChoices(
  schemaChanges: readonly DraftedChange[],
  recordChanges: readonly DraftedChange[],
): DraftedChange[] {
  const wanted = new Map<string, string[]>();
  const rest = recordChanges.filter(({ change }) => {
    if (change.kind !== 'createOption' || !isNewId(change.fieldId)) return true;
    wanted.set(change.fieldId, [...(wanted.get(change.fieldId) ?? []), change.name]);
    return false;
  });
  const withChoices = ({ options }: FieldSpec, fieldId: string): Pick<FieldSpec, 'options'> => {
    const names = wanted.get(fieldId);
    const choices = options?.['choices'];
    if (!names || !Array.isArray(choices)) return {};
    return { options: { ...options, choices: [...choices, ...names.map((name) => ({ name }))] } };
  };
  const folded = schemaChanges.map(({ change, label }): DraftedChange => {
    if (change.kind === 'createField') {
      const field = { ...change.field, ...withChoices(change.field, change.fieldId) };
      return { label, change: { ...change, field } };
    }
    if (change.kind !== 'createTable') return { label, change };
    const fields = change.fields.map((field) => ({ ...field, ...withChoices(field, field.fieldId) }));
    return { label, change: { ...change, fields } };
  });
  return [...folded, ...rest];
}

function targetOf(change: DraftedChange['change']): string {
  return `${change.tableId} ${'fieldId' in change ? change.fieldId : ''}`;
}

function assertThere(id: string, name: string): void {
  if (!isNewId(id)) return;
  throw new SagatableError(
    'InvalidInput',
    `“${name}” is made by this very proposal: give it its name and description at once.`,
    { code: 'changed_twice' },
  );
}
