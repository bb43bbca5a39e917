import { MAX_PAGE_SIZE, type AirtableRecord } from '../../contracts/airtable';
import type { AirtableClient } from '../airtable/client';

/**
 * Reads records of one table by id, up to 100 a call; those that are not there (any more) do not come back.
 * Listing with a formula, and not one GET a record: one call instead of a hundred, and a record of another
 * table never comes back (a GET ignores the table in its path).
 */
export async function* readRecords(
  client: Pick<AirtableClient, 'listRecords'>,
  baseId: string,
  tableId: string,
  ids: readonly string[],
  signal: AbortSignal,
  commentCounts = false,
): AsyncGenerator<AirtableRecord> {
  for (let i = 0; i < ids.length; i += MAX_PAGE_SIZE) {
    const some = ids.slice(i, i + MAX_PAGE_SIZE);
    const filterByFormula = `OR(${some.map((id) => `RECORD_ID()="${id}"`).join(',')})`;
    for await (const page of client.listRecords(
      baseId,
      tableId,
      { filterByFormula, pageSize: MAX_PAGE_SIZE, ...(commentCounts && { commentCounts }) },
      { signal },
    ))
      yield* page;
  }
}
