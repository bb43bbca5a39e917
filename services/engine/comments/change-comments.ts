import { z } from 'zod';
import { oneRow } from '../../database/database';
import { lockBase } from '../base-rows';
import { parseBody } from '../body';
import { EngineError, invalidRequest, recordNotFound } from '../engine-error';
import { newEngineId } from '../engine-ids';
import type { BasePlace } from '../place';
import { isStorable } from '../storable-text';
import type { Comment, CommentRow } from './comment';
import { checkCommentPlace } from './comment-place';
import { answerComments, COMMENT_COLUMNS, readComment } from './comment-rows';
import { resolveMentions } from './mentions';

/** How long a comment may be is not documented: as long as a long text's cell. */
const Text = z.string().min(1).max(100_000).refine(isStorable, 'must not hold NUL or half a surrogate pair');
const NewComment = z.object({ text: Text, parentCommentId: z.string().nullish() });
const ChangedComment = z.object({ text: Text });

async function answerOne(place: BasePlace, row: CommentRow): Promise<Comment> {
  const [comment] = await answerComments(place, [row]);
  if (!comment) throw new Error('one comment was written and none came back');
  return comment;
}

/** `POST …/comments`: the author is who calls. Throws EngineError. */
export async function createComment(
  place: BasePlace,
  tableIdOrName: string,
  recordId: string,
  body: unknown,
): Promise<Comment> {
  const input = parseBody(NewComment, body);
  await checkCommentPlace(place, await lockBase(place), tableIdOrName, recordId);
  const parentId = input.parentCommentId ?? null;
  if (parentId !== null && !(await readComment(place, recordId, parentId))) {
    throw invalidRequest('parentCommentId is not a comment of this record');
  }
  const { text, mentioned } = await resolveMentions(place, input.text);
  const added = await place.tx.query<CommentRow>(
    `INSERT INTO engine_comments (workspace_id, base_id, record_id, id, author_id, text, mentioned, parent_id, created_time)
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9) RETURNING ${COMMENT_COLUMNS}`,
    [
      place.workspaceId,
      place.baseId,
      recordId,
      newEngineId('com'),
      callerOf(place),
      text,
      mentioned,
      parentId,
      place.now,
    ],
  );
  return answerOne(place, oneRow(added));
}

/** `PATCH …/comments/{id}`: the text, by its author only. Throws EngineError: 404 when the record has no such comment. */
export async function updateComment(
  place: BasePlace,
  tableIdOrName: string,
  recordId: string,
  id: string,
  body: unknown,
): Promise<Comment> {
  const input = parseBody(ChangedComment, body);
  await findOwnComment(place, tableIdOrName, recordId, id);
  const { text, mentioned } = await resolveMentions(place, input.text);
  const changed = await place.tx.query<CommentRow>(
    `UPDATE engine_comments SET text = $4, mentioned = $5, updated_time = $6
     WHERE workspace_id = $1 AND base_id = $2 AND id = $3 RETURNING ${COMMENT_COLUMNS}`,
    [place.workspaceId, place.baseId, id, text, mentioned, place.now],
  );
  return answerOne(place, oneRow(changed));
}

/** `DELETE …/comments/{id}`, by its author only. Throws EngineError: 404 when the record has no such comment. */
export async function deleteComment(
  place: BasePlace,
  tableIdOrName: string,
  recordId: string,
  id: string,
): Promise<{ id: string; deleted: true }> {
  await findOwnComment(place, tableIdOrName, recordId, id);
  await place.tx.query('DELETE FROM engine_comments WHERE workspace_id = $1 AND base_id = $2 AND id = $3', [
    place.workspaceId,
    place.baseId,
    id,
  ]);
  return { id, deleted: true };
}

function callerOf(place: BasePlace): string {
  if (place.by.userId === null) throw notPermitted();
  return place.by.userId;
}

/** Source: Airtable Web API, update comment: users change and delete only comments that they have created. */
async function findOwnComment(
  place: BasePlace,
  tableIdOrName: string,
  recordId: string,
  id: string,
): Promise<void> {
  await checkCommentPlace(place, await lockBase(place), tableIdOrName, recordId);
  const comment = await readComment(place, recordId, id);
  if (!comment) throw recordNotFound();
  if (comment.author_id !== callerOf(place)) throw notPermitted();
}

function notPermitted(): EngineError {
  return new EngineError(403, 'INVALID_PERMISSIONS', 'You are not permitted to perform this operation');
}
