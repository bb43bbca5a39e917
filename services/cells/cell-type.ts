import type { CellValue, FieldSchema } from '../../contracts/airtable';

/**
 * What a field type means for a cell's value, whatever base it comes from. Values of a shape that the type
 * does not know are kept (in canonical form) rather than refused: a base may hold what we have not met.
 */
export interface CellType {
  /** Airtable's names of the types this one serves. */
  readonly types: readonly string[];
  /** The one form that equal cells share; null for an empty cell. Must be idempotent. */
  normalize(value: CellValue, field: FieldSchema): CellValue;
  /** A non-empty value as people read it. Gets the value as it came, with names and labels still in it. */
  text(value: CellValue, field: FieldSchema): string;
}
