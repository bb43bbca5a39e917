import { MAX_RECORDS_PER_WRITE, type AirtableRecord, type Cells } from '../../../contracts/airtable';
import { SagatableError } from '../../../contracts/errors';
import { BaseId, RecordId, TableId } from '../../../contracts/ids';
import type { Perform } from '../call';
import type { CallOptions, RecordUpdate, WriteOptions } from '../client';
import { deleteRecords } from './deletion';
import { assertId } from './ids';
import {
  createdRecords,
  deletedRecords,
  updatedRecords,
  upsertedRecords,
  type Upserted,
} from './record-answers';
import { checkUpsert, type Upsert } from './upsert-input';

export interface RecordWriting {
  /** At most 10, answered in the order given. Sent once at most: `ambiguous_write` when nobody can tell whether it landed. */
  createRecords(
    baseId: string,
    tableId: string,
    cells: readonly Cells[],
    options?: WriteOptions,
  ): Promise<AirtableRecord[]>;
  /** At most 10; cells not named stay as they are. Repeated on faults, since the same values come out the same. */
  updateRecords(
    baseId: string,
    tableId: string,
    updates: readonly RecordUpdate[],
    options?: WriteOptions,
  ): Promise<AirtableRecord[]>;
  /** At most 10; cells not named are cleared, the computed ones excepted. Repeated on faults. */
  replaceRecords(
    baseId: string,
    tableId: string,
    replacements: readonly RecordUpdate[],
    options?: WriteOptions,
  ): Promise<AirtableRecord[]>;
  /**
   * At most 10. Those with an id are updated; each other one is matched by `fieldsToMergeOn` (1 to 3 fields, none of
   * them computed): none found creates it, one is updated, more fail the request. Where it may create it is sent once
   * at most: two that are under way at the same time may both find nothing, and an empty key finds nothing ever.
   */
  upsertRecords(baseId: string, tableId: string, upsert: Upsert, options?: WriteOptions): Promise<Upserted>;
  /** At most 10. A record that is gone after a repeat of our own counts as deleted; one that was gone before throws. */
  deleteRecords(
    baseId: string,
    tableId: string,
    recordIds: readonly string[],
    options?: CallOptions,
  ): Promise<void>;
}

/** Those calls over `perform`. `assertWritable` throws when the connection is read-only. */
export function createRecordWriting(perform: Perform, assertWritable: () => void): RecordWriting {
  async function write(
    method: 'PATCH' | 'PUT',
    baseId: string,
    tableId: string,
    updates: readonly RecordUpdate[],
    { typecast, ...options }: WriteOptions,
  ): Promise<AirtableRecord[]> {
    const path = pathOf(baseId, tableId);
    assertWritable();
    if (!assertBatch(updates)) return [];
    const records = updates.map(({ id, fields }) => ({ id: assertId(RecordId, id), fields }));
    const answer = updatedRecords(records.map(({ id }) => id));
    const body = { records, ...writeFlags(typecast) };
    return (await perform({ method, path, body, effect: 'repeatable write', baseId, answer, options }))
      .records;
  }

  return {
    async createRecords(baseId, tableId, cells, { typecast, ...options } = {}) {
      const path = pathOf(baseId, tableId);
      assertWritable();
      if (!assertBatch(cells)) return [];
      const body = { records: cells.map((fields) => ({ fields })), ...writeFlags(typecast) };
      const answer = createdRecords(cells.length);
      return (await perform({ method: 'POST', path, body, effect: 'create', baseId, answer, options }))
        .records;
    },

    updateRecords: (baseId, tableId, updates, options = {}) =>
      write('PATCH', baseId, tableId, updates, options),

    replaceRecords: (baseId, tableId, replacements, options = {}) =>
      write('PUT', baseId, tableId, replacements, options),

    async upsertRecords(baseId, tableId, upsert, { typecast, ...options } = {}) {
      const path = pathOf(baseId, tableId);
      assertWritable();
      const { records, fieldsToMergeOn, mode } = checkUpsert(upsert);
      if (!assertBatch(records)) return { records: [], createdRecords: [], updatedRecords: [] };
      const ids = records.flatMap(({ id }) => (id === undefined ? [] : [id]));
      return perform({
        method: mode === 'replace' ? 'PUT' : 'PATCH',
        path,
        body: { performUpsert: { fieldsToMergeOn }, records, ...writeFlags(typecast) },
        effect: ids.length === records.length ? 'repeatable write' : 'create',
        baseId,
        answer: upsertedRecords(records.length, ids),
        options,
      });
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

const pathOf = (baseId: string, tableId: string) =>
  `/${assertId(BaseId, baseId)}/${assertId(TableId, tableId)}`;

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
