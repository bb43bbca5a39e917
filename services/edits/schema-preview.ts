import type { ChangeRow, DiffGroup } from '../../contracts/edits';
import { isSchemaChange, type FieldSpec, type SchemaChange } from '../../contracts/schema-changes';
import type { DraftedChange } from './draft';

/** As much of the planned tables as showing a change needs. */
export type NamedTables = readonly {
  readonly id: string;
  readonly name: string;
  readonly fields: readonly { readonly id: string; readonly name: string }[];
}[];

/** One schema change as the preview groups it, with its line for people: each is a group of its own. */
export type SchemaSignature = Pick<
  DiffGroup,
  'kind' | 'tableId' | 'tableName' | 'fieldId' | 'fieldName' | 'before' | 'after'
> & { readonly text: string };

/** What a schema change says for people: names, and before and after where there are any. */
export function signSchemaChange(change: SchemaChange, tables: NamedTables): SchemaSignature {
  const table = tables.find(({ id }) => id === change.tableId);
  const tableName = change.kind === 'createTable' ? change.name : (table?.name ?? change.tableId);
  const base = { kind: change.kind, tableId: change.tableId, tableName, fieldId: null, fieldName: null };
  const nameOf = (fieldId: string) => table?.fields.find(({ id }) => id === fieldId)?.name ?? fieldId;
  switch (change.kind) {
    case 'createTable': {
      const fields = change.fields.map((field) => `${field.name} (${showField(field, tables)})`).join(', ');
      return { ...base, before: null, after: fields, text: `New table “${change.name}” with ${fields}` };
    }
    case 'createField': {
      const { fieldId, field } = change;
      const after = showField(field, tables);
      const text = `New field “${field.name}” in ${tableName}: ${after}`;
      return { ...base, fieldId, fieldName: field.name, before: null, after, text };
    }
    case 'renameTable':
      return {
        ...base,
        ...beforeAfter(change),
        text: `Table “${change.before}” renamed to “${change.after}”`,
      };
    case 'renameField': {
      const { fieldId, before, after } = change;
      const text = `Field “${before}” of ${tableName} renamed to “${after}”`;
      return { ...base, fieldId, fieldName: before, before, after, text };
    }
    case 'describeTable': {
      const text = `Description of ${tableName}: ${showTexts(change)}`;
      return { ...base, ...beforeAfter(change), text };
    }
    case 'describeField': {
      const { fieldId } = change;
      const fieldName = nameOf(fieldId);
      const text = `Description of “${fieldName}” in ${tableName}: ${showTexts(change)}`;
      return { ...base, fieldId, fieldName, ...beforeAfter(change), text };
    }
  }
}

/** The parts of a schema change in the form of a record's cells. */
export function showSchemaCells(change: SchemaChange, tables: NamedTables): ChangeRow['cells'] {
  const cell = (fieldId: string, fieldName: string, before: string | null, after: string) => ({
    fieldId,
    fieldName,
    before,
    after,
    beforeText: before || 'empty',
    afterText: after || 'empty',
  });
  switch (change.kind) {
    case 'createTable':
      return change.fields.map((field) => cell(field.fieldId, field.name, null, showField(field, tables)));
    case 'createField':
      return [cell(change.fieldId, change.field.name, null, showField(change.field, tables))];
    case 'renameTable':
      return [cell(change.tableId, 'Name', change.before, change.after)];
    case 'renameField':
      return [cell(change.fieldId, 'Name', change.before, change.after)];
    case 'describeTable':
      return [cell(change.tableId, 'Description', change.before, change.after)];
    case 'describeField':
      return [cell(change.fieldId, 'Description', change.before, change.after)];
  }
}

/** What to know before approving: what stays after an undo, and what else comes with it. */
export function warnOfSchema(drafted: readonly DraftedChange[], tables: NamedTables): string[] {
  const changes = drafted.map(({ change }) => change).filter(isSchemaChange);
  const made = changes.flatMap((change) => {
    if (change.kind === 'createTable') return [`the table “${change.name}”`];
    return change.kind === 'createField' ? [`the field “${change.field.name}”`] : [];
  });
  const links = changes.flatMap((change) => {
    const fields = change.kind === 'createTable' ? change.fields : [];
    const all = change.kind === 'createField' ? [change.field] : fields;
    return all.filter(({ type }) => type === 'multipleRecordLinks');
  });
  const renamed = changes.some(({ kind }) => kind === 'renameTable' || kind === 'renameField');
  return [
    ...(made.length
      ? [
          `Airtable’s API deletes no table and no field, so an undo cannot remove ${listed(made)}: it renames and marks what was made. Approving needs your consent to that (acceptIrreversible).`,
        ]
      : []),
    ...(links.length
      ? [
          `Airtable adds a field on the other side of a new link: ${links.map((f) => `“${f.name}” (${showField(f, tables)})`).join(', ')}.`,
        ]
      : []),
    ...(renamed
      ? ['Scripts, syncs and programs that go by names do not find a renamed table or field any more.']
      : []),
  ];
}

/** A field's type with what tells it apart: options, decimals, the linked table. */
function showField({ type, options, description }: FieldSpec, tables: NamedTables): string {
  const facts = Object.entries(options ?? {}).flatMap(([key, value]) => {
    if (key === 'linkedTableId')
      return [`to ${tables.find(({ id }) => id === value)?.name ?? JSON.stringify(value)}`];
    if (key === 'choices' && Array.isArray(value))
      return value.length ? [value.map(showChoice).join(', ')] : [];
    if (key === 'icon' || key === 'color') return [];
    return [`${key} ${typeof value === 'object' ? JSON.stringify(value) : String(value)}`];
  });
  const text = facts.length ? `${type}, ${facts.join(', ')}` : type;
  return description ? `${text}; ${description}` : text;
}

function showChoice(choice: unknown): string {
  return typeof choice === 'object' && choice !== null && 'name' in choice
    ? String(choice.name)
    : String(choice);
}

const beforeAfter = ({ before, after }: { before: string; after: string }) => ({
  before: before || 'empty',
  after: after || 'empty',
});

function showTexts(change: { before: string; after: string }): string {
  const { before, after } = beforeAfter(change);
  return `${before} → ${after}`;
}

const MAX_LISTED = 10;

function listed(names: readonly string[]): string {
  const more = names.length - MAX_LISTED;
  return more > 0 ? `${names.slice(0, MAX_LISTED).join(', ')} and ${more} more` : names.join(', ');
}
