import type { CellValue, FieldSchema } from '../../../contracts/airtable';
import type { FormulaValue } from '../../formula/values';
import type { EngineField } from '../schema';

/** What a written value may need from its surroundings. */
export interface WriteContext {
  /** Whether the request asked for best-effort conversion of text. */
  readonly typecast: boolean;
  /** Adds an option to a select field and returns its id. Only typecast may. */
  addChoice(field: EngineField, name: string): string;
  /** The id of the record of the linked table that has this primary text; made if there is none. Only typecast may. */
  linkByText(field: EngineField, text: string): string;
}

/** What reading a cell may need: the primary texts of linked records. */
export interface ReadContext {
  linkText(recordId: string): string;
}

/** What a field's options may refer to when it is created. */
export interface OptionsContext {
  /** The id of a table of the base, given by id (or by name, while a base is made). */
  tableId(idOrName: string): string | undefined;
}

/** How a type sorts: text is compared by language rules without case, numbers by size. Empty cells come first. */
export interface SortKey {
  readonly kind: 'text' | 'number';
  /** SQL over the record row `r` that never gives NULL. `fieldId` and all ids in it have been checked to be plain ids. */
  readonly sql: string;
}

/** Everything the engine knows about one field type. Adding one: a file like this and an entry in `registry.ts`. */
export interface EngineFieldType {
  readonly type: string;
  /** Whether a table's first field may be of it. */
  readonly primary: boolean;
  /** Whether an upsert may look records up by it. */
  readonly mergeable: boolean;
  /** Checks the options a field is created with and completes them to the read form. Throws EngineError. */
  options(
    given: unknown,
    field: { name: string },
    context: OptionsContext,
  ): Record<string, unknown> | undefined;
  /** A written, non-empty value as it is stored; null clears. Throws EngineError when the type does not take it. */
  parse(value: CellValue, field: EngineField, context: WriteContext): CellValue;
  /** A stored value in the form the API answers with. */
  read(stored: CellValue, field: FieldSchema): CellValue;
  /** A stored value as formulas see it. */
  formula(stored: CellValue, field: FieldSchema, context: ReadContext): FormulaValue;
  sort(field: EngineField): SortKey;
}
