import type { BaseSchema, Cells } from '../../../contracts/airtable';
import { SagatableError } from '../../../contracts/errors';

/** Where a record is, as far as it is known: in the table that was meant, in another one, or not known. */
export type Place = 'here' | 'elsewhere' | 'unknown';

/**
 * Finds a record's table by its cells. All cells of a record are of one table, and fields never move from table to
 * table, so one known field decides, however old the schema is. A record without cells tells nothing, nor does one
 * whose fields all came after the schema was read.
 */
export function placeByCells(schema: BaseSchema, tableId: string, cells: Cells): Place {
  const holds = (fields: readonly { readonly id: string }[]) =>
    fields.some(({ id }) => Object.hasOwn(cells, id));
  const found = schema.tables.find((table) => holds(table.fields));
  if (!found) return 'unknown';
  return found.id === tableId ? 'here' : 'elsewhere';
}

/** Whether a cell is in one of the fields that the caller knows to be of the table meant. */
export function hasKnownField(fieldIds: Iterable<string> | undefined, cells: Cells): boolean {
  for (const id of fieldIds ?? []) if (Object.hasOwn(cells, id)) return true;
  return false;
}

/** A record that Airtable gave although the path named another table than its own. */
export function inOtherTable(): SagatableError {
  return new SagatableError(
    'NotFound',
    'This record is not in this table: it is in another one of the base.',
    {
      code: 'record_in_other_table',
    },
  );
}
