import type { TableSchema } from '../../contracts/airtable';
import { SagatableError } from '../../contracts/errors';
import { FormulaError } from '../formula/formula-error';
import { parseFormula } from '../formula/parse';
import { fieldNamesOf } from '../formula/syntax';
import type { SchemaIndex } from './schema-index';

/**
 * What is wrong with a formula that Airtable refused, in words for its author: where it cannot be read, or which
 * field there is not. Only asked after a refusal: Airtable knows functions that our reader may not.
 */
export function explainFormula(
  error: unknown,
  index: SchemaIndex,
  table: TableSchema,
  formula: string,
): unknown {
  if (!(error instanceof SagatableError) || error.details['airtableType'] !== 'INVALID_FILTER_BY_FORMULA')
    return error;
  const { details } = error;
  try {
    for (const name of fieldNamesOf(parseFormula(formula))) index.field(table, name.trim());
  } catch (ours) {
    if (ours instanceof FormulaError) {
      return new SagatableError(
        'InvalidInput',
        `The formula for “${table.name}” cannot be read: ${ours.message}`,
        { code: 'invalid_formula', details: { ...details, ...ours.details } },
      );
    }
    return ours;
  }
  return new SagatableError(
    'InvalidInput',
    `Airtable does not accept the formula for “${table.name}”: check its functions and their arguments.`,
    { code: 'invalid_formula', details },
  );
}
