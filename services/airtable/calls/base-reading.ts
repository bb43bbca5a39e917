import { MAX_PAGE_SIZE } from '../../../contracts/airtable';
import { BaseId, RecordId, TableId } from '../../../contracts/ids';
import { CountedPage, WholeSchema } from './base-answers';
import { CommentPage } from './comment-answers';
import type { Perform } from '../call';
import type { CallOptions } from '../client';
import { assertId } from './ids';
import { KEEP_MS } from './keeping';

/** The calls that read a whole base piece by piece, each from a place that can be kept: for copies. */
export interface BaseReading {
  /** Tables, fields with all their options, and views with the fields they show. */
  readWholeSchema(baseId: string, options?: CallOptions): Promise<WholeSchema>;
  /**
   * One page of a table, with the number of each record's comments; `offset` is what the page before ended with. Throws
   * `list_expired` when Airtable forgot the offset: start again without one.
   */
  readRecordPage(
    baseId: string,
    tableId: string,
    offset: string | null,
    options?: CallOptions,
  ): Promise<CountedPage>;
  /** One page of a record's comments, newest first. */
  readCommentPage(
    baseId: string,
    tableId: string,
    recordId: string,
    offset: string | null,
    options?: CallOptions,
  ): Promise<CommentPage>;
}

/** Those calls over `perform`. */
export function createBaseReading(perform: Perform): BaseReading {
  return {
    async readWholeSchema(baseId, options = {}) {
      const path = `/meta/bases/${assertId(BaseId, baseId)}/tables?include%5B%5D=visibleFieldIds`;
      const keepMs = KEEP_MS.schema;
      return perform({ method: 'GET', path, effect: 'read', baseId, answer: WholeSchema, options, keepMs });
    },

    async readRecordPage(baseId, tableId, offset, options = {}) {
      const query = new URLSearchParams([
        ['pageSize', String(MAX_PAGE_SIZE)],
        ['returnFieldsByFieldId', 'true'],
        ['recordMetadata[]', 'commentCount'],
        ...(offset === null ? [] : [['offset', offset]]),
      ]);
      const path = `/${assertId(BaseId, baseId)}/${assertId(TableId, tableId)}?${query.toString()}`;
      return perform({ method: 'GET', path, effect: 'read', baseId, answer: CountedPage, options });
    },

    async readCommentPage(baseId, tableId, recordId, offset, options = {}) {
      const query = new URLSearchParams([
        ['pageSize', String(MAX_PAGE_SIZE)],
        ...(offset === null ? [] : [['offset', offset]]),
      ]);
      const record = `${assertId(BaseId, baseId)}/${assertId(TableId, tableId)}/${assertId(RecordId, recordId)}`;
      const path = `/${record}/comments?${query.toString()}`;
      const keepMs = KEEP_MS.comments;
      return perform({ method: 'GET', path, effect: 'read', baseId, answer: CommentPage, options, keepMs });
    },
  };
}
