import type { CellValue } from '../../contracts/airtable';
import { evaluate } from './evaluate';
import { createFormulaContext } from './context';
import { FormulaFault } from './formula-error';
import type { FormulaRow } from './functions/formula-function';
import type { Node } from './syntax';
import { isDate, isList, toText, type FormulaValue } from './values';

/** A formula's value for one row as the API gives it: {error} and {specialValue} where there is no value. */
export function readFormulaCell(node: Node, row: FormulaRow, context = createFormulaContext()): CellValue {
  try {
    return toCell(evaluate(node, row, context));
  } catch (error) {
    if (error instanceof FormulaFault) return { error: '#ERROR!' };
    throw error;
  }
}

/** Source: Airtable Web API, field model, formula; TRUE and FALSE are 1 and 0 (?). */
function toCell(value: FormulaValue): CellValue {
  if (typeof value === 'number' && !Number.isFinite(value)) return { specialValue: String(value) };
  if (typeof value === 'boolean') return value ? 1 : 0;
  if (isDate(value)) return toText(value);
  return isList(value) ? value.map(toCell) : value;
}
