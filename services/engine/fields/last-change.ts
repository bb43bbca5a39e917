import type { CellStamp, EngineBase, EngineField, StoredRecord } from '../schema';
import { isEngineId } from '../engine-ids';
import { followedFields } from './references';

/** The field types whose cells are kept and yet written by nobody: having one changes no record. */
const GIVEN = new Set(['autoNumber']);

/** Whether a record holds a cell that somebody wrote. */
function isWritten(record: StoredRecord, field: EngineField, base: EngineBase): boolean {
  const ids = Object.keys(record.cells);
  if (ids.length === 0) return false;
  const table = base.tables.find((t) => t.fields.some((other) => other.id === field.id));
  return ids.some((id) => !GIVEN.has(table?.fields.find((other) => other.id === id)?.type ?? ''));
}

function stampsOf(record: StoredRecord, fieldIds: readonly string[]): CellStamp[] {
  return fieldIds.map((id) => record.modified[id]).filter((stamp) => stamp !== undefined);
}

/**
 * The last change of the fields that a lastModified field follows, or of any when it follows none in particular. A cell that
 * the record came with counts as changed then, by who made the record. Undefined when there was never such a cell.
 */
export function lastChange(
  record: StoredRecord,
  field: EngineField,
  base: EngineBase,
): CellStamp | undefined {
  const followed = followedFields(field);
  const stamps = followed.length === 0 ? Object.values(record.modified) : stampsOf(record, followed);
  if (stamps.length > 0) return stamps.reduce((last, stamp) => (stamp[0] > last[0] ? stamp : last));
  const came =
    followed.length === 0 ? isWritten(record, field, base) : followed.some((id) => id in record.cells);
  return came ? [record.createdTime, record.createdBy] : undefined;
}

/** SQL over a record row: that change as JSON `[ISO time, user id]`; NULL when there is none. */
export function lastChangeSql(field: EngineField, row: string): string {
  const ids = followedFields(field)
    .filter((id) => isEngineId('fld', id))
    .map((id) => `'${id}'`);
  const followed = `ARRAY[${ids.join(',')}]::text[]`;
  const came =
    ids.length > 0
      ? `${row}.cells ?| ${followed}`
      : `EXISTS (SELECT FROM jsonb_object_keys(${row}.cells) AS ${row}k(id) JOIN engine_fields ${row}f
          ON (${row}f.workspace_id, ${row}f.base_id, ${row}f.table_id, ${row}f.id) = (${row}.workspace_id, ${row}.base_id, ${row}.table_id, ${row}k.id)
          WHERE ${row}f.type <> ALL (ARRAY[${[...GIVEN].map((type) => `'${type}'`).join(',')}]))`;
  return `coalesce(
    (SELECT ${row}s.value FROM jsonb_each(${row}.modified) ${row}s ${ids.length > 0 ? `WHERE ${row}s.key = ANY (${followed})` : ''}
      ORDER BY ${row}s.value->>0 DESC LIMIT 1),
    CASE WHEN ${came} THEN jsonb_build_array(
      to_char(${row}.created_time AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'), ${row}.created_by) END)`;
}
