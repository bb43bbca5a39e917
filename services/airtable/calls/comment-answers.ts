import { z } from 'zod';
import { storable } from '../storable';
import { CommentId } from './ids';

const Somebody = z.object({
  id: z.string().min(1).max(100),
  email: z.string().nullish(),
  name: z.string().nullish(),
});

/** A user or a group that a text mentions as `@[id]`. `displayName` was called `name` before. */
const Mentioned = Somebody.extend({
  /** `user` or `userGroup`. */
  type: z.string().nullish(),
  displayName: z.string().nullish(),
});

const Comment = z.object({
  id: CommentId,
  text: z.string(),
  author: Somebody,
  createdTime: z.iso.datetime({ offset: true }),
  lastUpdatedTime: z.iso.datetime({ offset: true }).nullish(),
  parentCommentId: z.string().nullish(),
  mentioned: z.record(z.string(), Mentioned).nullish(),
  reactions: z.array(z.unknown()).nullish(),
  attachments: z.array(z.unknown()).nullish(),
});

/** Source: Airtable Web API, list comments. */
export const SourceComment = z.preprocess(storable, Comment);
export type SourceComment = z.infer<typeof SourceComment>;

/** The last page's `offset` is null or absent. */
export const CommentPage = z.preprocess(
  storable,
  z.object({ comments: z.array(Comment), offset: z.string().nullish() }),
);
export type CommentPage = z.infer<typeof CommentPage>;

/** A comment that was just written. That it does not tell which one it answers does not make it another one. */
export function createdComment(parentCommentId: string | undefined) {
  return SourceComment.refine(
    (a) => (a.parentCommentId ?? parentCommentId) === parentCommentId,
    'answers another comment',
  );
}

/** The comment that was changed, as it is now. */
export function changedComment(id: string) {
  return SourceComment.refine((a) => a.id === id, 'is another comment');
}
