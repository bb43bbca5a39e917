import { z } from 'zod';
import { distinct } from '../../cells/canonical';
import { primaryText, valueOf } from '../cells';
import { invalidOptions, invalidValue } from '../engine-error';
import { isEngineId } from '../engine-ids';
import { linkedIds } from '../links';
import { joinNames, splitNames } from './comma-list';
import type { EngineFieldType, ReadContext, TextForm } from './field-type';
import { readOptions } from './options';

/** Source: Airtable Web API, field model, multipleRecordLinks; the other options are only read. */
const Options = z.strictObject({
  linkedTableId: z.string(),
  viewIdForRecordSelection: z.string().optional(),
});

/** The primary cell of a linked record, shown the way its own table shows it; '' when it is empty. */
function primaryShown(recordId: string, context: ReadContext, form: TextForm): string {
  const linked = context.linked(recordId);
  const primary = linked?.table.fields.find((field) => field.id === linked.table.primaryFieldId);
  if (!linked || !primary) return '';
  const value = valueOf(linked.record, primary, context);
  return value === null ? '' : context.typeOf(primary).text(value, primary, context, form);
}

/** Record ids in order. That they exist, and that the other side follows, is seen to by `links.ts`. */
export const multipleRecordLinks: EngineFieldType = {
  type: 'multipleRecordLinks',
  primary: false,
  mergeable: false,
  computed: false,
  options(given, field, context) {
    const wanted = readOptions(Options, given, field.name);
    const linkedTableId = context.tableId(wanted.linkedTableId);
    const linked = context.base.tables.find((table) => table.id === linkedTableId);
    if (linkedTableId === undefined)
      throw invalidOptions(field.name, 'linkedTableId is no table of this base');
    const view = wanted.viewIdForRecordSelection;
    if (view !== undefined && !linked?.views.some((v) => v.id === view))
      throw invalidOptions(field.name, 'viewIdForRecordSelection is no view of the linked table');
    return {
      linkedTableId,
      isReversed: false,
      prefersSingleRecordLink: false,
      ...(view === undefined ? {} : { viewIdForRecordSelection: view }),
    };
  },
  parse(value, field, context) {
    const items = context.typecast && typeof value === 'string' ? splitNames(value) : value;
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
    return { records: linkedIds(record.cells[field.id]), fields: primary ? [primary] : [] };
  },
  read: (stored) => stored,
  formula: (stored, _field, context) => linkedIds(stored).map((id) => primaryText(id, context)),
  text: (stored, _field, context, form) =>
    joinNames(linkedIds(stored).map((id) => primaryShown(id, context, form))),
  sort: (field, row) => ({
    kind: 'text',
    // The linked records' primary cells as they are stored, in order; of a barcode its text.
    sql: `coalesce((SELECT string_agg(lower(coalesce(${row}l.cells->${row}t.primary_field_id->>'text',
        ${row}l.cells->>${row}t.primary_field_id, '')), ', ' ORDER BY ${row}i.n)
      FROM jsonb_array_elements_text(coalesce(${row}.cells->'${field.id}', '[]')) WITH ORDINALITY AS ${row}i(id, n)
      JOIN engine_records ${row}l ON (${row}l.workspace_id, ${row}l.base_id, ${row}l.id) = (${row}.workspace_id, ${row}.base_id, ${row}i.id)
      JOIN engine_tables ${row}t ON (${row}t.workspace_id, ${row}t.base_id, ${row}t.id) = (${row}l.workspace_id, ${row}l.base_id, ${row}l.table_id)), '')`,
  }),
};
