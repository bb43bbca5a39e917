import { isEngineId } from '../engine-ids';
import { readPeople } from '../people';
import type { BasePlace } from '../place';
import { answerComment, peopleOf, type Comment, type CommentRow } from './comment';

/** What makes a `CommentRow`. */
export const COMMENT_COLUMNS =
  'id, seq::text AS seq, author_id, text, mentioned, parent_id, created_time, updated_time, reactions';

/** One comment of a record; undefined when the record has none of that id. */
export async function readComment(
  place: BasePlace,
  recordId: string,
  id: string,
): Promise<CommentRow | undefined> {
  if (!isEngineId('com', id)) return undefined;
  const found = await place.tx.query<CommentRow>(
    `SELECT ${COMMENT_COLUMNS} FROM engine_comments
     WHERE workspace_id = $1 AND base_id = $2 AND record_id = $3 AND id = $4`,
    [place.workspaceId, place.baseId, recordId, id],
  );
  return found.rows[0];
}

/** Rows in the form the API answers with, with their people. */
export async function answerComments(place: BasePlace, rows: readonly CommentRow[]): Promise<Comment[]> {
  const people = await readPeople(place, peopleOf(rows));
  return rows.map((row) => answerComment(row, people));
}
