import { FormulaError } from '../formula/formula-error';
import { keepsRow } from '../formula/evaluate';
import { parseFormula } from '../formula/parse';
import { prefilterOf, type Prefilter } from '../formula/prefilter';
import { fieldNamesOf } from '../formula/syntax';
import { EngineError } from './engine-error';
import { formulaValueOf } from './cells';
import type { ReadContext } from './fields/field-type';
import { findField, type EngineField, type EngineTable, type StoredRecord } from './schema';

export interface RecordFilter {
  readonly prefilter: Prefilter;
  /** The fields whose cells the formula looks at. */
  readonly fields: readonly EngineField[];
  keeps(record: StoredRecord, context: ReadContext): boolean;
}

function refusal(why: string): EngineError {
  return new EngineError(
    422,
    'INVALID_FILTER_BY_FORMULA',
    `The formula for filtering records is invalid: ${why}`,
  );
}

/**
 * Reads a `filterByFormula` against a table. Throws Airtable's INVALID_FILTER_BY_FORMULA with the position of what is wrong,
 * or the names (in lower case, as Airtable gives them) of the fields that the table does not have.
 */
export function compileFilter(table: EngineTable, text: string, now: Date): RecordFilter {
  const node = readOrRefuse(text);
  const byName = new Map<string, EngineField>();
  const unknown: string[] = [];
  for (const name of fieldNamesOf(node)) {
    const field = findField(table, name) ?? findField(table, name.trim());
    if (field) byName.set(name, field);
    else unknown.push(name.toLowerCase());
  }
  if (unknown.length > 0) throw refusal(`Unknown field names: ${unknown.join(', ')}`);
  return {
    prefilter: prefilterOf(node),
    fields: [...byName.values()],
    keeps(record, context) {
      return keepsRow(node, {
        recordId: record.id,
        createdTime: Date.parse(record.createdTime),
        now: now.getTime(),
        field(name) {
          const field = byName.get(name);
          return field === undefined ? null : formulaValueOf(record, field, context);
        },
      });
    },
  };
}

function readOrRefuse(text: string) {
  try {
    return parseFormula(text);
  } catch (error) {
    if (!(error instanceof FormulaError)) throw error;
    throw refusal(
      `Invalid formula. Please check your formula text: ${error.message} (at character ${error.position + 1}).`,
    );
  }
}
