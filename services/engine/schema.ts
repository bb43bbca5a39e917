import type { CellValue, FieldSchema } from '../../contracts/airtable';

/** A select option as it is kept. */
export interface Choice {
  readonly id: string;
  readonly name: string;
  readonly color: string;
}

/** A field of a base on the engine. Its options are Airtable's read form. */
export interface EngineField extends FieldSchema {
  readonly options?: Record<string, unknown> | null;
}

export interface EngineView {
  readonly id: string;
  readonly name: string;
  readonly type: string;
  /** Of a view that one person has for themselves. */
  readonly personalForUserId?: string;
}

/** The records a view shows, and in which order. */
export interface ViewSettings {
  /** A formula with fields by id; null for all records. */
  readonly filter: string | null;
  readonly sort: readonly { readonly fieldId: string; readonly direction: 'asc' | 'desc' }[];
}

export interface EngineTable {
  readonly id: string;
  readonly name: string;
  readonly description?: string;
  readonly primaryFieldId: string;
  readonly fields: readonly EngineField[];
  readonly views: readonly EngineView[];
}

export interface EngineBase {
  readonly id: string;
  readonly name: string;
  readonly tables: readonly EngineTable[];
}

/** Who changed a cell last, and when: ISO time and user id. */
export type CellStamp = readonly [at: string, userId: string | null];

/** A record as it is kept: values by field id, no key for an empty cell. */
export interface StoredRecord {
  readonly id: string;
  readonly createdTime: string;
  readonly createdBy: string | null;
  readonly cells: Readonly<Record<string, CellValue>>;
  /** By field id; what a record was created with has no stamp. */
  readonly modified: Readonly<Record<string, CellStamp>>;
}

/** A table by id or name, like in a path of the API. Undefined when the base has none. */
export function findTable(base: EngineBase, idOrName: string): EngineTable | undefined {
  return base.tables.find((t) => t.id === idOrName) ?? base.tables.find((t) => t.name === idOrName);
}

/** A field by id or name. Undefined when the table has none. */
export function findField(table: EngineTable, idOrName: string): EngineField | undefined {
  return table.fields.find((f) => f.id === idOrName) ?? table.fields.find((f) => f.name === idOrName);
}

/** Reads the choices out of a select field's options. */
export function choicesOf(field: FieldSchema): readonly Choice[] {
  const choices = field.options?.['choices'];
  return Array.isArray(choices) ? choices.filter(isChoice) : [];
}

function isChoice(value: unknown): value is Choice {
  return (
    typeof value === 'object' &&
    value !== null &&
    'id' in value &&
    typeof value.id === 'string' &&
    'name' in value &&
    typeof value.name === 'string'
  );
}

/** A string option of a field, such as `linkedTableId`. */
export function optionText(field: FieldSchema, key: string): string | undefined {
  const value = field.options?.[key];
  return typeof value === 'string' ? value : undefined;
}
