import { z } from 'zod';
import type { CellValue } from '../../../contracts/airtable';
import { distinct } from '../../cells/canonical';
import { invalidOptions, invalidValue } from '../engine-error';
import { isEngineId } from '../engine-ids';
import { primaryText } from '../cells';
import type { EngineFieldType } from './field-type';

/** The record ids in a stored link cell. */
function ids(stored: CellValue | undefined): string[] {
  return Array.isArray(stored) ? stored.filter((id) => typeof id === 'string') : [];
}

const Options = z.object({ linkedTableId: z.string() });

/** Record ids in order. That they exist, and that the other side follows, is seen to by `links.ts`. */
export const multipleRecordLinks: EngineFieldType = {
  type: 'multipleRecordLinks',
  primary: false,
  mergeable: false,
  computed: false,
  options(given, field, context) {
    const parsed = Options.safeParse(given);
    if (!parsed.success) throw invalidOptions(field.name, 'linkedTableId is needed');
    const linkedTableId = context.tableId(parsed.data.linkedTableId);
    if (linkedTableId === undefined)
      throw invalidOptions(field.name, 'linkedTableId is no table of this base');
    return { linkedTableId, isReversed: false, prefersSingleRecordLink: false };
  },
  parse(value, field, context) {
    const items = context.typecast && typeof value === 'string' ? [value] : value;
    if (!Array.isArray(items)) throw invalidValue(field.name, 'it takes a list of record ids');
    return distinct(
      items.map((item) => {
        if (typeof item !== 'string') throw invalidValue(field.name, 'it takes a list of record ids');
        if (isEngineId('rec', item)) return item;
        if (context.typecast && item.trim() !== '') return context.linkByText(field, item);
        throw invalidValue(field.name, 'it takes a list of record ids like "recXXXXXXXXXXXXXX"');
      }),
    );
  },
  reach(record, field, base, purpose) {
    if (purpose === 'json') return {};
    const linked = base.tables.find((table) => table.id === field.options?.['linkedTableId']);
    const primary = linked?.fields.find((other) => other.id === linked.primaryFieldId);
    return { records: ids(record.cells[field.id]), fields: primary ? [primary] : [] };
  },
  read: (stored) => stored,
  formula: (stored, _field, context) => ids(stored).map((id) => primaryText(id, context)),
  text: (stored, _field, context) =>
    ids(stored)
      .map((id) => primaryText(id, context))
      .join(', '),
  sort: (field, row) => ({
    kind: 'text',
    // The first linked record's primary cell as it is stored.
    sql: `coalesce((SELECT lower(l.cells->>t.primary_field_id) FROM engine_records l
      JOIN engine_tables t ON (t.workspace_id, t.base_id, t.id) = (l.workspace_id, l.base_id, l.table_id)
      WHERE (l.workspace_id, l.base_id, l.id) = (${row}.workspace_id, ${row}.base_id, ${row}.cells->'${field.id}'->>0)), '')`,
  }),
};
