import { isEngineId } from '../engine-ids';
import { optionText, type EngineField } from '../schema';
import type { EngineFieldType, SortKey } from './field-type';
import { isValid } from './references';

/** The field behind a lookup, from the option `result`: sorting knows no other tables. */
function targetOf(field: EngineField): EngineField | undefined {
  const id = optionText(field, 'fieldIdInLinkedTable');
  const result = field.options?.['result'];
  if (id === undefined || !isEngineId('fld', id) || typeof result !== 'object' || result === null)
    return undefined;
  if (!('type' in result) || typeof result.type !== 'string') return undefined;
  const options = 'options' in result && typeof result.options === 'object' ? result.options : null;
  return { id, name: '', type: result.type, options: options && { ...options } };
}

/**
 * Sorting by a lookup: text by all values in order, joined; numbers by the first. Linked records whose cell is empty do not
 * count; a lookup without values comes first.
 */
export function lookupSort(
  field: EngineField,
  row: string,
  typeOf: (field: EngineField) => EngineFieldType,
): SortKey {
  const link = optionText(field, 'recordLinkFieldId') ?? '';
  const target = isValid(field) && isEngineId('fld', link) ? targetOf(field) : undefined;
  if (!target) return { kind: 'text', sql: `''::text` };
  const [linked, item, type] = [`${row}l`, `${row}i`, typeOf(target)];
  const { kind, sql } = type.sort(target, linked);
  const empty = kind === 'text' ? `''` : `'-Infinity'::numeric`;
  const kept = type.compute ? `v.value <> ${empty}` : `${linked}.cells ? '${target.id}'`;
  const from = `FROM jsonb_array_elements_text(coalesce(${row}.cells->'${link}', '[]')) WITH ORDINALITY AS ${item}(id, n)
    JOIN engine_records ${linked} ON (${linked}.workspace_id, ${linked}.base_id, ${linked}.id) = (${row}.workspace_id, ${row}.base_id, ${item}.id)
    CROSS JOIN LATERAL (SELECT ${sql} AS value) v WHERE ${kept}`;
  return kind === 'text'
    ? { kind, sql: `coalesce((SELECT string_agg(v.value, ', ' ORDER BY ${item}.n) ${from}), '')` }
    : { kind, sql: `coalesce((SELECT v.value ${from} ORDER BY ${item}.n LIMIT 1), ${empty})` };
}
