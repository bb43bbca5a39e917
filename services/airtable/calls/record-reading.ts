import { z } from 'zod';
import { MAX_PAGE_SIZE, type AirtableRecord } from '../../../contracts/airtable';
import { SagatableError } from '../../../contracts/errors';
import { BaseId, RecordId, TableId } from '../../../contracts/ids';
import type { Perform } from '../call';
import type { CallOptions, CellFormat, ListQuery, ReadOptions } from '../client';
import { shareDeadline } from './deadline';
import { assertId } from './ids';
import { checkInput, invalidCall } from './input';
import { KEEP_MS } from './keeping';
import { listPages } from './listing';
import { endless } from './paging';
import { oneOrNone, oneRecord, RecordPage } from './record-answers';
import { hasKnownField, inOtherTable, placeByCells } from './record-place';
import type { SchemaReading } from './schema-reading';

export interface RecordReading {
  /** Page by page, at most 100 records each; nothing is asked for before it is wanted. Throws `list_expired` when Airtable forgot its place: start again. */
  listRecords(
    baseId: string,
    tableId: string,
    query?: ListQuery,
    options?: CallOptions,
  ): AsyncIterable<AirtableRecord[]>;
  /**
   * A record of this table, for certain: Airtable ignores the table when it reads one record and answers with a record
   * of any table. That is told by its fields, for which the base's schema is read, from the cache as a rule, unless
   * `fieldIds` knows one of them; a record without cells is looked up by a list. Throws NotFound when there is none,
   * `record_in_other_table` when it is elsewhere.
   */
  getRecord(
    baseId: string,
    tableId: string,
    recordId: string,
    options?: ReadOptions,
  ): Promise<AirtableRecord>;
}

const WholeCount = z.number().int('must be a whole number').min(1, 'must be at least 1');
const Counts = z.object({
  pageSize: WholeCount.max(MAX_PAGE_SIZE, `must be at most ${MAX_PAGE_SIZE}`).optional(),
  maxRecords: WholeCount.optional(),
});

/** Throws InvalidInput. Source: Airtable Web API, list records: `string` needs a time zone and a locale. */
function checkCellFormat({ cellFormat, timeZone, userLocale }: CellFormat): void {
  if (cellFormat === 'string' && (!timeZone || !userLocale))
    throw invalidCall(
      'Cells as text need a timeZone (like Europe/London) and a userLocale (like en-gb).',
      'invalid_cell_format',
    );
}

/** Those calls over `perform`; `schemas` tells which fields a table has. */
export function createRecordReading(perform: Perform, schemas: SchemaReading): RecordReading {
  /** The record as a list of the table gives it; undefined when the table has none with this id. */
  async function findInTable(
    path: string,
    baseId: string,
    recordId: string,
    format: URLSearchParams,
    options: CallOptions,
  ): Promise<AirtableRecord | undefined> {
    const query = new URLSearchParams(format);
    query.set('filterByFormula', `RECORD_ID()='${recordId}'`);
    query.set('maxRecords', '1');
    const { records } = await perform({
      method: 'GET',
      path: `${path}?${query.toString()}`,
      effect: 'read',
      baseId,
      answer: oneOrNone(recordId),
      options,
      keepMs: KEEP_MS.records,
    });
    return records[0];
  }

  /** By a schema that may be from the cache, then by one that is read now. */
  async function placeOf(baseId: string, tableId: string, record: AirtableRecord, left: () => CallOptions) {
    if (Object.keys(record.fields).length === 0) return 'unknown';
    try {
      for (const cached of [true, false]) {
        const schema = await schemas.getBaseSchema(baseId, { ...left(), cached });
        const place = placeByCells(schema, tableId, record.fields);
        if (place !== 'unknown') return place;
      }
    } catch (error) {
      // A token may be for records only: then the list has to tell.
      if (!(error instanceof SagatableError) || error.kind !== 'Forbidden') throw error;
    }
    return 'unknown';
  }

  return {
    async *listRecords(baseId, tableId, query = {}, options = {}) {
      assertId(BaseId, baseId);
      assertId(TableId, tableId);
      checkInput(Counts, { pageSize: query.pageSize, maxRecords: query.maxRecords });
      checkCellFormat(query);
      let last: string | undefined;
      yield* listPages(baseId, tableId, query, async (method, path, body) => {
        const page = await perform({
          method,
          path: `/${baseId}${path}`,
          body,
          effect: 'read',
          baseId,
          answer: RecordPage,
          options,
          keepMs: KEEP_MS.records,
        });
        if (page.offset !== undefined && page.offset === last) throw endless();
        last = page.offset;
        return page;
      });
    },

    async getRecord(baseId, tableId, recordId, readOptions = {}) {
      const { fieldIds, cellFormat, timeZone, userLocale, ...options } = readOptions;
      const table = `/${assertId(BaseId, baseId)}/${assertId(TableId, tableId)}`;
      checkCellFormat(readOptions);
      const format = new URLSearchParams({
        returnFieldsByFieldId: 'true',
        ...(cellFormat && { cellFormat }),
        ...(timeZone && { timeZone }),
        ...(userLocale && { userLocale }),
      });
      const left = shareDeadline(options);
      const record = await perform({
        method: 'GET',
        path: `${table}/${assertId(RecordId, recordId)}?${format.toString()}`,
        effect: 'read',
        baseId,
        answer: oneRecord(recordId),
        options,
        keepMs: KEEP_MS.records,
      });
      if (hasKnownField(fieldIds, record.fields)) return record;
      const place = await placeOf(baseId, tableId, record, left);
      if (place === 'here') return record;
      const found =
        place === 'unknown' ? await findInTable(table, baseId, recordId, format, left()) : undefined;
      if (!found) throw inOtherTable();
      return found;
    },
  };
}
