import { z } from 'zod';
import { BaseId, TableId } from '../../../contracts/ids';
import type { Perform } from '../call';
import type { CallOptions } from '../client';
import { measureCsv } from './csv-size';
import { assertId, SyncId } from './ids';
import { invalidCall } from './input';

/** Source: Airtable Web API, sync CSV data. The rows are counted without the one of names (?). */
const MAX_BYTES = 2 * 1024 ** 2;
const MAX_ROWS = 10_000;
const MAX_COLUMNS = 500;

export interface CsvSync {
  /**
   * Hands rows to a sync that was set up in Airtable: comma-separated text whose first row names the columns, at most
   * 2 MB, 10,000 rows and 500 columns; 20 times in 5 minutes a base. Returns when Airtable took it, not when the table
   * shows it. Sent once at most: what is handed over before the sync runs is put together, so that sent twice the rows
   * would count twice towards the 10,000 of that run, and by the sync's settings may come to be there twice.
   */
  syncCsv(baseId: string, tableId: string, syncId: string, csv: string, options?: CallOptions): Promise<void>;
}

const Taken = z.object({ success: z.literal(true) });

/** That call over `perform`. `assertWritable` throws when the connection is read-only. */
export function createCsvSync(perform: Perform, assertWritable: () => void): CsvSync {
  return {
    async syncCsv(baseId, tableId, syncId, csv, options = {}) {
      const table = `/${assertId(BaseId, baseId)}/${assertId(TableId, tableId)}`;
      const path = `${table}/sync/${assertId(SyncId, syncId)}`;
      checkCsv(csv);
      assertWritable();
      await perform({
        method: 'POST',
        path,
        body: csv,
        contentType: 'text/csv',
        effect: 'create',
        baseId,
        answer: Taken,
        options,
      });
    },
  };
}

/** Throws InvalidInput `invalid_csv`. */
function checkCsv(csv: string): void {
  const bytes = Buffer.byteLength(csv);
  if (bytes > MAX_BYTES)
    throw invalidCall(`The CSV has ${bytes} bytes: a sync takes ${MAX_BYTES} at once.`, 'invalid_csv');
  const size = measureCsv(csv);
  if (!size)
    throw invalidCall(
      'The CSV has a quotation mark that is not closed: double those in a cell.',
      'invalid_csv',
    );
  if (size.rows < 2)
    throw invalidCall('The CSV needs a row of column names and one row at least.', 'invalid_csv');
  if (size.rows - 1 > MAX_ROWS)
    throw invalidCall(`The CSV has ${size.rows - 1} rows: a sync takes ${MAX_ROWS} at once.`, 'invalid_csv');
  if (size.columns > MAX_COLUMNS)
    throw invalidCall(`The CSV has ${size.columns} columns: a sync takes ${MAX_COLUMNS}.`, 'invalid_csv');
}
