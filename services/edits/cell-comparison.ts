import type { AirtableRecord, Cells, CellValue, FieldSchema } from '../../contracts/airtable';
import type { UpdateChange } from '../../contracts/changes';
import { cellsEqual, normalizeCell } from '../cells/cells';
import type { Preview } from './preview';

export type FieldsById = ReadonlyMap<string, FieldSchema>;

/** The fields of a planned edit by id: what its cells are compared by. */
export function fieldsOf(preview: Pick<Preview, 'tables'>): FieldsById {
  return new Map(preview.tables.flatMap((t) => t.fields.map((f) => [f.id, f] as const)));
}

/** Equality by the field's type; a field that the plan did not know is compared as text. */
export function equalCells(
  fields: FieldsById,
  fieldId: string,
  a: CellValue | undefined,
  b: CellValue | undefined,
): boolean {
  return cellsEqual(
    fields.get(fieldId) ?? { id: fieldId, name: fieldId, type: 'singleLineText' },
    a ?? null,
    b ?? null,
  );
}

/** Three values a cell (before, ours, now) come down to this. */
export type Verdict =
  | { readonly kind: 'write'; readonly found: Cells }
  | { readonly kind: 'already' }
  | { readonly kind: 'conflict'; readonly reason: string; readonly found: Cells };

/** Compares a record with the before-image and the wanted result of a change to it. */
export function judgeUpdate(fields: FieldsById, change: UpdateChange, now: AirtableRecord): Verdict {
  const found: Cells = {};
  const changed: string[] = [];
  let already = true;
  for (const [fieldId, cell] of Object.entries(change.cells)) {
    const present = now.fields[fieldId] ?? null;
    found[fieldId] = normalize(fields, fieldId, present);
    if (equalCells(fields, fieldId, present, cell.after)) continue;
    already = false;
    if (!equalCells(fields, fieldId, present, cell.before)) changed.push(fieldId);
  }
  if (changed.length)
    return { kind: 'conflict', reason: `changed since the preview: ${nameFields(fields, changed)}`, found };
  return already ? { kind: 'already' } : { kind: 'write', found };
}

/** Fields whose present value is no longer what was written. */
export function differingFields(fields: FieldsById, expected: Cells, now: AirtableRecord): string[] {
  return Object.keys(expected).filter(
    (fieldId) => !equalCells(fields, fieldId, expected[fieldId], now.fields[fieldId]),
  );
}

export function nameFields(fields: FieldsById, ids: readonly string[]): string {
  return ids.map((id) => fields.get(id)?.name ?? id).join(', ');
}

export function normalize(fields: FieldsById, fieldId: string, value: CellValue): CellValue {
  const field = fields.get(fieldId);
  return field ? normalizeCell(field, value) : value;
}
