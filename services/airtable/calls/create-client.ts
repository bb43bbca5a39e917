import type { z } from 'zod';
import { BaseSchema, MAX_PAGE_SIZE, MAX_RECORDS_PER_WRITE } from '../../../contracts/airtable';
import { SagatableError } from '../../../contracts/errors';
import { BaseId, RecordId, TableId } from '../../../contracts/ids';
import {
  BasePage,
  deletedRecords,
  oneRecord,
  RecordPage,
  WhoAmI,
  writtenRecords,
  type BaseListing,
} from './answers';
import { createBaseReading } from './base-reading';
import type { Perform } from '../call';
import type { AirtableClient, CallOptions } from '../client';
import { deleteRecords } from './deletion';
import { assertId } from './ids';
import { listPages } from './listing';

/** A token that sees more bases than this many pages of 1,000 is not believed. */
const MAX_BASE_PAGES = 50;

/** The calls of the Web API over `perform`. `assertWritable` throws when the connection is read-only. */
export function createClient(perform: Perform, assertWritable: () => void): AirtableClient {
  return {
    ...createBaseReading(perform),

    whoami: (options = {}) =>
      perform({ method: 'GET', path: '/meta/whoami', effect: 'read', baseId: null, answer: WhoAmI, options }),

    async listBases(options = {}) {
      const bases: BaseListing[] = [];
      let offset: string | undefined;
      for (let page = 0; page < MAX_BASE_PAGES; page++) {
        const query: string = offset === undefined ? '' : `?offset=${encodeURIComponent(offset)}`;
        const answer: z.infer<typeof BasePage> = await perform({
          method: 'GET',
          path: `/meta/bases${query}`,
          effect: 'read',
          baseId: null,
          answer: BasePage,
          options,
        });
        bases.push(...answer.bases);
        offset = answer.offset;
        if (offset === undefined) return bases;
      }
      throw new SagatableError('Upstream', 'Airtable’s list of bases does not end.', {
        code: 'unexpected_answer',
        retryable: false,
      });
    },

    async getBaseSchema(baseId, options = {}) {
      assertId(BaseId, baseId);
      return perform({
        method: 'GET',
        path: `/meta/bases/${baseId}/tables`,
        effect: 'read',
        baseId,
        answer: BaseSchema,
        options,
      });
    },

    async *listRecords(baseId, tableId, query = {}, options = {}) {
      assertId(BaseId, baseId);
      assertId(TableId, tableId);
      if (query.pageSize !== undefined && !(query.pageSize >= 1 && query.pageSize <= MAX_PAGE_SIZE)) {
        throw new SagatableError('InvalidInput', `A page holds 1 to ${MAX_PAGE_SIZE} records.`, {
          code: 'invalid_page_size',
        });
      }
      yield* listPages(baseId, tableId, query, (method, path, body) =>
        perform({
          method,
          path: `/${baseId}${path}`,
          body,
          effect: 'read',
          baseId,
          answer: RecordPage,
          options,
        }),
      );
    },

    async getRecord(baseId, tableId, recordId, options = {}) {
      const path = `${pathOf(baseId, tableId)}/${assertId(RecordId, recordId)}?returnFieldsByFieldId=true`;
      const record = await perform({
        method: 'GET',
        path,
        effect: 'read',
        baseId,
        answer: oneRecord(recordId),
        options,
      });
      const known = options.fieldIds && new Set(options.fieldIds);
      if (known && Object.keys(record.fields).some((id) => !known.has(id))) {
        throw new SagatableError('NotFound', 'This record is in another table of the base.', {
          code: 'record_in_other_table',
        });
      }
      return record;
    },

    async createRecords(baseId, tableId, cells, { typecast, ...options } = {}) {
      const path = pathOf(baseId, tableId);
      assertWritable();
      if (!assertBatch(cells)) return [];
      const body = { records: cells.map((fields) => ({ fields })), ...writeFlags(typecast) };
      const answer = writtenRecords(cells.length);
      return (await perform({ method: 'POST', path, body, effect: 'create', baseId, answer, options }))
        .records;
    },

    async updateRecords(baseId, tableId, updates, { typecast, ...options } = {}) {
      const path = pathOf(baseId, tableId);
      assertWritable();
      if (!assertBatch(updates)) return [];
      const records = updates.map(({ id, fields }) => ({ id: assertId(RecordId, id), fields }));
      const answer = writtenRecords(
        updates.length,
        records.map(({ id }) => id),
      );
      const body = { records, ...writeFlags(typecast) };
      return (
        await perform({ method: 'PATCH', path, body, effect: 'repeatable write', baseId, answer, options })
      ).records;
    },

    async deleteRecords(baseId, tableId, recordIds, options = {}) {
      const path = pathOf(baseId, tableId);
      assertWritable();
      if (!assertBatch(recordIds)) return;
      for (const id of recordIds) assertId(RecordId, id);
      const send = async (ids: readonly string[], left: CallOptions) => {
        const query = ids.map((id) => `records%5B%5D=${id}`).join('&');
        await perform({
          method: 'DELETE',
          path: `${path}?${query}`,
          effect: 'repeatable write',
          baseId,
          answer: deletedRecords(ids),
          options: left,
        });
      };
      await deleteRecords(send, recordIds, options);
    },
  };
}

function pathOf(baseId: string, tableId: string): string {
  return `/${assertId(BaseId, baseId)}/${assertId(TableId, tableId)}`;
}

/** False for an empty batch, for which nothing needs to be sent. */
function assertBatch(batch: readonly unknown[]): boolean {
  if (batch.length <= MAX_RECORDS_PER_WRITE) return batch.length > 0;
  throw new SagatableError('InvalidInput', `One request writes at most ${MAX_RECORDS_PER_WRITE} records.`, {
    code: 'batch_too_large',
  });
}

const writeFlags = (typecast: boolean | undefined) => ({
  returnFieldsByFieldId: true,
  ...(typecast ? { typecast } : {}),
});
