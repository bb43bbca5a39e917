import type { LoggedSchemaChange } from '../change-log';
import type { EngineBase, EngineField, EngineTable } from '../schema';
import type { ChangedTable, CreatedTable, FieldInfo, PayloadContent, TableInfo } from './payload';
import type { Scope, Specification } from './specification';

function tableInfo(it: { readonly name: string; readonly description?: string | undefined }): TableInfo {
  return { name: it.name, description: it.description ?? null };
}

function fieldInfo(field: EngineField): FieldInfo {
  return { name: field.name, type: field.type };
}

function fieldsInfo(fields: readonly EngineField[]): Record<string, FieldInfo> {
  return Object.fromEntries(fields.map((field) => [field.id, fieldInfo(field)]));
}

/** What of a field's name and description is other than it was. */
function fieldChange(field: EngineField, before: NonNullable<LoggedSchemaChange['before']>) {
  const [current, previous] = [tableInfo(field), tableInfo(before)];
  const names = (['name', 'description'] as const).filter((name) => current[name] !== previous[name]);
  const pick = (from: TableInfo): FieldInfo => Object.fromEntries(names.map((name) => [name, from[name]]));
  return names.length === 0 ? undefined : { current: pick(current), previous: pick(previous) };
}

/** The first thing noted of a table or field is what it was before the transaction. */
function firstOfEach(changes: readonly LoggedSchemaChange[]): LoggedSchemaChange[] {
  const seen = new Map<string, LoggedSchemaChange>();
  for (const change of changes) {
    const key = change.fieldId ?? change.tableId;
    if (!seen.has(key)) seen.set(key, change);
  }
  return [...seen.values()];
}

/** What a webhook tells of changes of the schema: `base` is the base after them. Empty where none concerns it. */
export function schemaNews(
  specification: Specification,
  scope: Scope,
  base: EngineBase,
  log: readonly LoggedSchemaChange[],
): PayloadContent {
  const { filters, includes } = specification.options;
  const wants = (type: 'add' | 'update') => filters.changeTypes?.includes(type) ?? true;
  const data = new Set(filters.dataTypes);
  const changes = firstOfEach(log);
  const newTables = new Set(changes.filter((c) => c.kind === 'tableCreated').map((c) => c.tableId));
  const created: Record<string, CreatedTable> = {};
  const changed: Record<string, ChangedTable> = {};
  const at = (tableId: string) => (changed[tableId] ??= {});
  const watchesField = (id: string) => filters.watchSchemasOfFieldIds?.includes(id) ?? true;

  function noteTable(table: EngineTable): void {
    const fields = table.fields.filter((field) => watchesField(field.id));
    const [metadata, schema] = [data.has('tableMetadata'), data.has('tableFields') && fields.length > 0];
    if (!wants('add') || (!metadata && !schema)) return;
    created[table.id] = {
      ...(metadata ? { metadata: tableInfo(table) } : {}),
      ...(schema ? { fieldsById: fieldsInfo(fields) } : {}),
    };
  }

  function noteField(table: EngineTable, change: LoggedSchemaChange): void {
    const field = table.fields.find((f) => f.id === change.fieldId);
    if (!field || !data.has('tableFields') || !watchesField(field.id)) return;
    if (change.kind === 'fieldCreated') {
      if (wants('add')) (at(table.id).createdFieldsById ??= {})[field.id] = fieldInfo(field);
      return;
    }
    const parts = change.before && fieldChange(field, change.before);
    if (!parts || !wants('update')) return;
    const withPrevious = includes?.includePreviousFieldDefinitions ?? false;
    (at(table.id).changedFieldsById ??= {})[field.id] = withPrevious ? parts : { current: parts.current };
  }

  for (const change of changes) {
    const table = base.tables.find((t) => t.id === change.tableId);
    if (!table || (scope.table && scope.table.id !== table.id)) continue;
    if (change.kind === 'tableCreated') noteTable(table);
    else if (newTables.has(table.id)) continue;
    else if (change.kind !== 'tableChanged') noteField(table, change);
    else if (data.has('tableMetadata') && wants('update') && change.before) {
      at(table.id).changedMetadata = { current: tableInfo(table), previous: tableInfo(change.before) };
    }
  }
  return {
    ...(Object.keys(created).length > 0 ? { createdTablesById: created } : {}),
    ...(Object.keys(changed).length > 0 ? { changedTablesById: changed } : {}),
  };
}
