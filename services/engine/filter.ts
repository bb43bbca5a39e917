import { createFormulaContext } from '../formula/context';
import { keepsRow } from '../formula/evaluate';
import { FormulaError, FormulaTooCostly } from '../formula/formula-error';
import { parseFormula } from '../formula/parse';
import { compileToSql, type SqlFilter } from '../formula/sql/compile';
import { fieldNamesOf, type Node } from '../formula/syntax';
import { formulaValueOf } from './cells';
import { EngineError } from './engine-error';
import type { ReadContext } from './fields/field-type';
import { fieldTypeOf } from './fields/registry';
import { columnsOf } from './filter-sql';
import { findField, type EngineField, type EngineTable, type StoredRecord } from './schema';

export interface RecordFilter {
  /** What the database can check. When that is exact, `keeps` need not be asked. */
  readonly sql: SqlFilter;
  /** The fields whose cells the formula looks at. */
  readonly fields: readonly EngineField[];
  /** Whether the formula keeps a record, evaluated here. Throws EngineError when that costs too much. */
  keeps(record: StoredRecord, context: ReadContext): boolean;
}

function refusal(why: string): EngineError {
  return new EngineError(
    422,
    'INVALID_FILTER_BY_FORMULA',
    `The formula for filtering records is invalid: ${why}`,
  );
}

/** A field by id or name; around a name spaces, and in it capitals, make no difference when no field has just that name (?). */
export function findFormulaField(table: EngineTable, name: string): EngineField | undefined {
  const plain = name.trim().toLowerCase();
  return (
    findField(table, name) ??
    findField(table, name.trim()) ??
    table.fields.find((field) => field.name.trim().toLowerCase() === plain)
  );
}

function fieldsOf(table: EngineTable, node: Node): ReadonlyMap<string, EngineField> {
  const byName = new Map<string, EngineField>();
  const unknown: string[] = [];
  for (const name of fieldNamesOf(node)) {
    const field = findFormulaField(table, name);
    if (field) byName.set(name, field);
    else unknown.push(name.toLowerCase());
  }
  if (unknown.length > 0) throw refusal(`Unknown field names: ${unknown.join(', ')}`);
  return byName;
}

/**
 * When one of some fields was last changed, ms since 1970: like a lastModifiedTime field, a cell that the record came with
 * counts as changed then. Undefined when none ever held anything.
 */
function modifiedTime(record: StoredRecord, fields: readonly EngineField[]): number | undefined {
  const stamps = fields.flatMap(({ id }) => record.modified[id]?.[0] ?? []);
  if (stamps.length > 0) return Math.max(...stamps.map((at) => Date.parse(at)));
  return fields.some(({ id }) => id in record.cells) ? Date.parse(record.createdTime) : undefined;
}

/**
 * Reads a `filterByFormula` against a table. Throws Airtable's INVALID_FILTER_BY_FORMULA with the position of what is wrong,
 * or the names (in lower case, as Airtable gives them) of the fields that the table does not have.
 */
export function compileFilter(table: EngineTable, text: string, now: Date): RecordFilter {
  const node = readOrRefuse(text);
  const byName = fieldsOf(table, node);
  const editable = table.fields.filter((field) => !fieldTypeOf(field).computed);
  const formulaContext = createFormulaContext();
  return {
    sql: compileToSql(node, columnsOf(byName), now.getTime()),
    fields: [...new Set(byName.values())],
    keeps(record, context) {
      const row = {
        recordId: record.id,
        createdTime: Date.parse(record.createdTime),
        now: now.getTime(),
        field(name: string) {
          const field = byName.get(name);
          return field === undefined ? null : formulaValueOf(record, field, context);
        },
        modifiedTime: (names: readonly string[]) =>
          modifiedTime(
            record,
            names.length === 0 ? editable : names.flatMap((name) => byName.get(name) ?? []),
          ),
      };
      try {
        return keepsRow(node, row, formulaContext);
      } catch (error) {
        if (error instanceof FormulaTooCostly) throw refusal(error.message);
        throw error;
      }
    },
  };
}

function readOrRefuse(text: string): Node {
  try {
    return parseFormula(text);
  } catch (error) {
    if (!(error instanceof FormulaError)) throw error;
    throw refusal(
      `Invalid formula. Please check your formula text: ${error.message} (at character ${error.position + 1}).`,
    );
  }
}
