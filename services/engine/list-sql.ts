import { unknownField } from './engine-error';
import type { SortKey } from './fields/field-type';
import { fieldTypeOf } from './fields/registry';
import type { ListQuery, Position } from './list-query';
import { findField, type EngineTable } from './schema';
import type { SqlFilter } from '../formula/sql/compile';
import { RECORD_COLUMNS } from './record-rows';

/** Language rules of the Unicode root, whatever the database's own locale is. */
const COLLATION = 'COLLATE "und-x-icu"';

/** Texts that agree so far sort as equal: a position holds the texts it stands after, and offsets travel in addresses. */
const SORTED_CHARACTERS = 400;

export interface OrderKey extends SortKey {
  readonly direction: 'asc' | 'desc';
}

export interface ListStatement {
  readonly sql: string;
  readonly values: readonly unknown[];
}

/** The sort keys of a query. Throws Airtable's UNKNOWN_FIELD_NAME. */
export function orderKeysOf(table: EngineTable, query: ListQuery): OrderKey[] {
  return query.sort.map(({ field: name, direction }) => {
    const field = findField(table, name);
    if (!field) throw unknownField(name);
    const { kind, sql } = fieldTypeOf(field).sort(field, 'r');
    return { kind, sql: kind === 'text' ? `left(${sql}, ${SORTED_CHARACTERS})` : sql, direction };
  });
}

function keySql(key: SortKey): string {
  return key.kind === 'text' ? `(${key.sql}) ${COLLATION}` : `(${key.sql})`;
}

/** "After this position", key by key: less or equal on all before, then strictly after; the natural order breaks ties. */
function afterSql(keys: readonly OrderKey[], position: Position, value: (v: unknown) => string): string {
  const equal: string[] = [];
  const ways: string[] = [];
  for (const [i, key] of keys.entries()) {
    const at = `${value(position.keys[i])}::${key.kind === 'text' ? 'text' : 'numeric'}`;
    ways.push([...equal, `${keySql(key)} ${key.direction === 'asc' ? '>' : '<'} ${at}`].join(' AND '));
    equal.push(`${keySql(key)} = ${at}`);
  }
  ways.push([...equal, `r.seq > ${value(position.seq)}::bigint`].join(' AND '));
  return `(${ways.map((way) => `(${way})`).join(' OR ')})`;
}

/**
 * The statement that gives a table's records in order from a position on, with their sort keys as text; at most `limit` of
 * them. What an answer needs of a record is made outside of the sort, so that it is made for the first records only.
 */
export function listStatement(
  place: { readonly workspaceId: string; readonly baseId: string },
  tableId: string,
  keys: readonly OrderKey[],
  position: Position | undefined,
  filter: SqlFilter | undefined,
  limit?: number,
): ListStatement {
  const values: unknown[] = [place.workspaceId, place.baseId, tableId];
  const value = (v: unknown) => `$${values.push(v)}`;
  const where = ['r.workspace_id = $1', 'r.base_id = $2', 'r.table_id = $3'];
  if (filter?.sql) where.push(filter.sql(value));
  if (position) where.push(afterSql(keys, position, value));
  const order = [...keys.map((key) => `${keySql(key)} ${key.direction}`), 'r.seq'].join(', ');
  const keyTexts = keys.map((key) => `(${key.sql})::text`).join(', ');
  const sql = `SELECT ${RECORD_COLUMNS}, r.seq::text AS seq, ARRAY[${keyTexts}]::text[] AS keys
    FROM (SELECT r.* FROM engine_records r WHERE ${where.join(' AND ')} ORDER BY ${order}
      ${limit === undefined ? 'OFFSET 0' : `LIMIT ${value(limit)}`}) r`;
  return { sql, values };
}
