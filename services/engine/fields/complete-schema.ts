import type { EngineField, EngineTable } from '../schema';
import type { EngineFieldType } from './field-type';

type Options = EngineField['options'];

/**
 * The tables of a base with those options brought up to date that follow from other fields (`isValid`, `result`). A field
 * that refers to itself, on whatever way, is not valid.
 */
export function completeSchema(
  tables: readonly EngineTable[],
  typeOf: (field: EngineField) => EngineFieldType,
): EngineTable[] {
  const done = new Map<EngineField, { readonly options: Options }>();
  const open = new Set<EngineField>();

  function optionsOf(field: EngineField, table: EngineTable): { readonly options: Options } | undefined {
    const known = done.get(field);
    if (known) return known;
    if (open.has(field)) return undefined;
    open.add(field);
    const own = typeOf(field).complete?.(field, { table, tables, optionsOf });
    const completed = { options: own ? { ...field.options, ...own } : field.options };
    open.delete(field);
    done.set(field, completed);
    return completed;
  }

  return tables.map((table) => ({
    ...table,
    fields: table.fields.map((field) => {
      const options = optionsOf(field, table)?.options;
      return options === field.options ? field : { ...field, ...(options ? { options } : {}) };
    }),
  }));
}
