import type { CellValue, FieldSchema } from '../../contracts/airtable';
import { isEmptyCell } from './canonical';
import { cellTypeOf } from './registry';

/**
 * The one form that all equal values of a field's cell share, in Airtable's write form: null for an empty cell (null, "",
 * [] and false), days as yyyy-mm-dd, instants as ISO in UTC, select options by name, links as record ids in order,
 * attachments and collaborators as `{id}`, anything unknown as JSON with sorted keys. Never throws; idempotent.
 */
export function normalizeCell(field: FieldSchema, value: CellValue | undefined): CellValue {
  if (value === undefined || isEmptyCell(value)) return null;
  const { type, field: effective } = cellTypeOf(field);
  const normal = type.normalize(value, effective);
  return isEmptyCell(normal) ? null : normal;
}

/** Whether two values mean the same cell: the one rule for hashes, conflict checks and reverts. */
export function cellsEqual(field: FieldSchema, a: CellValue | undefined, b: CellValue | undefined): boolean {
  return JSON.stringify(normalizeCell(field, a)) === JSON.stringify(normalizeCell(field, b));
}

/** A cell as people read it; '' when it is empty. Options and links that come with names show them. */
export function cellText(field: FieldSchema, value: CellValue | undefined): string {
  if (value === undefined || normalizeCell(field, value) === null) return '';
  const { type, field: effective } = cellTypeOf(field);
  return type.text(value, effective);
}
