import { z } from 'zod';
import { BaseId, RecordId, TableId } from '../../../contracts/ids';
import type { Perform } from '../call';
import type { CallOptions } from '../client';
import { deletedOne } from './answers';
import type { BaseReading } from './base-reading';
import { changedComment, createdComment, type SourceComment } from './comment-answers';
import { shareDeadline } from './deadline';
import { deleteOne } from './deletion';
import { assertId, CommentId } from './ids';
import { checkInput } from './input';
import { streamPages } from './paging';
import type { RecordReading } from './record-reading';

/** A record by its whole address. */
export interface RecordAddress {
  readonly baseId: string;
  readonly tableId: string;
  readonly recordId: string;
}

export interface CommentOptions extends CallOptions {
  /**
   * The caller had this record from this table. Otherwise it is looked up first, at the cost of a call: as for reading a
   * record, the table in the path of its comments decides nothing, and the comments do not tell it.
   */
  readonly recordIsInTable?: boolean | undefined;
}

/**
 * A record's comments, whose author is the token's user. A text mentions users and groups as `@[id]` or `@[e-mail]`; an
 * answer has ids only, with `mentioned` for their names.
 */
export interface Commenting {
  /** Newest first, page by page; nothing is asked for before it is wanted. */
  listComments(record: RecordAddress, options?: CommentOptions): AsyncIterable<SourceComment[]>;
  /** Sent once at most. With `parentCommentId` it is an answer to that comment. */
  createComment(
    record: RecordAddress,
    comment: { readonly text: string; readonly parentCommentId?: string | undefined },
    options?: CommentOptions,
  ): Promise<SourceComment>;
  /** One's own only. Repeated on faults. */
  updateComment(
    record: RecordAddress,
    commentId: string,
    text: string,
    options?: CommentOptions,
  ): Promise<SourceComment>;
  /** One's own only. One that is gone after a repeat of our own counts as deleted. */
  deleteComment(record: RecordAddress, commentId: string, options?: CommentOptions): Promise<void>;
}

/** How long a comment may be is not documented. */
const Text = z.string().refine((text) => text.trim() !== '', 'must not be empty');
const NewComment = z.strictObject({ text: Text, parentCommentId: CommentId.optional() });
const ChangedComment = z.strictObject({ text: Text });

/** Those calls over `perform`. `assertWritable` throws when the connection is read-only. */
export function createCommenting(
  perform: Perform,
  assertWritable: () => void,
  records: RecordReading,
  pages: Pick<BaseReading, 'readCommentPage'>,
): Commenting {
  /** The options for what comes after it. Throws NotFound, `record_in_other_table`. */
  async function place(record: RecordAddress, options: CommentOptions): Promise<CallOptions> {
    const { recordIsInTable, ...rest } = options;
    if (recordIsInTable) return rest;
    const left = shareDeadline(rest);
    await records.getRecord(record.baseId, record.tableId, record.recordId, { ...rest, cached: true });
    return left();
  }

  return {
    async *listComments(record, options = {}) {
      const { baseId, tableId, recordId } = record;
      const { recordIsInTable: _, ...each } = options;
      pathOf(record);
      await place(record, options);
      const all = streamPages((offset) => pages.readCommentPage(baseId, tableId, recordId, offset, each));
      for await (const page of all) yield page.comments;
    },

    async createComment(record, comment, options = {}) {
      const path = pathOf(record);
      const body = checkInput(NewComment, comment);
      assertWritable();
      const { baseId } = record;
      return perform({
        method: 'POST',
        path,
        body,
        effect: 'create',
        baseId,
        answer: createdComment(body.parentCommentId),
        options: await place(record, options),
      });
    },

    async updateComment(record, commentId, text, options = {}) {
      const path = `${pathOf(record)}/${assertId(CommentId, commentId)}`;
      const body = checkInput(ChangedComment, { text });
      assertWritable();
      return perform({
        method: 'PATCH',
        path,
        body,
        effect: 'repeatable write',
        baseId: record.baseId,
        answer: changedComment(commentId),
        options: await place(record, options),
      });
    },

    async deleteComment(record, commentId, options = {}) {
      const path = `${pathOf(record)}/${assertId(CommentId, commentId)}`;
      assertWritable();
      const { baseId } = record;
      const answer = deletedOne(commentId);
      await deleteOne(
        (left) =>
          perform({ method: 'DELETE', path, effect: 'repeatable write', baseId, answer, options: left }),
        async () => false,
        await place(record, options),
      );
    },
  };
}

const pathOf = ({ baseId, tableId, recordId }: RecordAddress) =>
  `/${assertId(BaseId, baseId)}/${assertId(TableId, tableId)}/${assertId(RecordId, recordId)}/comments`;
