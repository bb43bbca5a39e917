import type { CellValue } from '../../../contracts/airtable';
import type { RecordFilter } from '../filter';
import type { EngineField } from '../schema';
import type { RecordPart } from './payload';
import type { Scope, Specification } from './specification';
import type { RecordState, WatchedRecord } from './watched-records';

/** Which fields' changes a webhook waits for, and which it is told of in any case. */
interface Fields {
  readonly watched: (field: EngineField) => boolean;
  readonly included: (field: EngineField) => boolean;
}

function fieldsOf({ options }: Specification): Fields {
  const { watchDataInFieldIds } = options.filters;
  const included = options.includes?.includeCellValuesInFieldIds;
  return {
    watched: (field) => watchDataInFieldIds?.includes(field.id) ?? true,
    included: (field) => included === 'all' || (included?.includes(field.id) ?? false),
  };
}

/** Cells by field; those that are not known are left out, empty ones too where `keepEmpty` is false. */
function cellsOf(
  fields: readonly EngineField[],
  value: (field: EngineField) => CellValue | undefined,
  keepEmpty: boolean,
) {
  const cells: Record<string, CellValue> = {};
  for (const field of fields) {
    const cell = value(field);
    if (cell !== undefined && (keepEmpty || cell !== null)) cells[field.id] = cell;
  }
  return { cellValuesByFieldId: cells };
}

/** (?) Whether adding or removing a record changes a watched field: only when it has something there. */
function holdsWatched(record: WatchedRecord, state: RecordState, fields: Fields): boolean {
  const value = state === record.after ? record.current : record.previous;
  return record.table.fields.some((field) => fields.watched(field) && (value(field) ?? null) !== null);
}

function changedPart(record: WatchedRecord, fields: Fields, withPrevious: boolean): RecordPart | undefined {
  if (!record.changedFields.some(fields.watched)) return undefined;
  const told = record.changedFields.filter((field) => fields.watched(field) || fields.included(field));
  const others = record.table.fields.filter((field) => fields.included(field) && !told.includes(field));
  return {
    tableId: record.table.id,
    id: record.id,
    kind: 'changed',
    value: {
      current: cellsOf(told, record.current, true),
      ...(withPrevious ? { previous: cellsOf(told, record.previous, true) } : {}),
      ...(others.length > 0 ? { unchanged: cellsOf(others, record.current, false) } : {}),
    },
  };
}

/** What a webhook tells of changed records. `filter` is that of the view it watches, which records can enter and leave. */
export function recordNews(
  specification: Specification,
  scope: Scope,
  filter: RecordFilter | undefined,
  records: readonly WatchedRecord[],
): RecordPart[] {
  const { filters, includes } = specification.options;
  if (!filters.dataTypes.includes('tableData')) return [];
  const wants = (type: 'add' | 'remove' | 'update') => filters.changeTypes?.includes(type) ?? true;
  const fields = fieldsOf(specification);
  const watchesAll = filters.watchDataInFieldIds === undefined;
  const shows = (state: RecordState | null) =>
    state && (!filter || filter.keeps(state.record, state.context)) ? state : null;

  return records.flatMap((record): RecordPart[] => {
    const { table, id, createdTime } = record;
    if (scope.table && scope.table.id !== table.id) return [];
    const [before, after] = [shows(record.before), shows(record.after)];
    if (before && after) {
      if (!wants('update')) return [];
      return [changedPart(record, fields, includes?.includePreviousCellValues ?? false) ?? []].flat();
    }
    const only = before ?? after;
    if (!only || !wants(after ? 'add' : 'remove')) return [];
    if (!watchesAll && !holdsWatched(record, only, fields)) return [];
    if (!after) return [{ tableId: table.id, id, kind: 'destroyed' }];
    const told = table.fields.filter((field) => fields.watched(field) || fields.included(field));
    const value = { createdTime, ...cellsOf(told, record.current, false) };
    return [{ tableId: table.id, id, kind: 'created', value }];
  });
}
