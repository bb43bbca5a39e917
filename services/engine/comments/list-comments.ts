import { z } from 'zod';
import { readBase } from '../base-rows';
import { parseBody } from '../body';
import { EngineError } from '../engine-error';
import type { BasePlace } from '../place';
import type { Comment, CommentRow } from './comment';
import { checkCommentPlace } from './comment-place';
import { answerComments, COMMENT_COLUMNS } from './comment-rows';

/** Source: Airtable Web API, list comments: 100 a page at most. */
const MAX_PAGE_SIZE = 100;

const CommentQuery = z.object({
  pageSize: z.number().int().min(1).max(MAX_PAGE_SIZE).default(MAX_PAGE_SIZE),
  offset: z.string().optional(),
});

export interface CommentPage {
  readonly comments: Comment[];
  /** Where the next page begins; null on the last. */
  readonly offset: string | null;
}

/** After the comment of this moment and number. */
function readOffset(offset: string | undefined): readonly [Date | null, string | null] {
  if (offset === undefined || offset === '') return [null, null];
  const [, at, seq] = /^com(\d{1,15})-(\d{1,18})$/.exec(offset) ?? [];
  if (at === undefined || seq === undefined) {
    throw new EngineError(422, 'LIST_RECORDS_ITERATOR_NOT_AVAILABLE', 'The offset is not one of this list');
  }
  return [new Date(Number(at)), seq];
}

/** One page of a record's comments, newest first, answers among them. Throws EngineError. */
export async function listComments(
  place: BasePlace,
  tableIdOrName: string,
  recordId: string,
  input: unknown,
): Promise<CommentPage> {
  const { pageSize, offset } = parseBody(CommentQuery, input);
  const [at, seq] = readOffset(offset);
  await checkCommentPlace(place, await readBase(place), tableIdOrName, recordId);
  const { rows } = await place.tx.query<CommentRow>(
    `SELECT ${COMMENT_COLUMNS} FROM engine_comments
     WHERE workspace_id = $1 AND base_id = $2 AND record_id = $3
       AND ($4::timestamptz IS NULL OR (created_time, seq) < ($4, $5::bigint))
     ORDER BY engine_comments.created_time DESC, engine_comments.seq DESC LIMIT $6`,
    [place.workspaceId, place.baseId, recordId, at, seq, pageSize + 1],
  );
  const page = rows.slice(0, pageSize);
  const last = rows.length > pageSize ? page.at(-1) : undefined;
  return {
    comments: await answerComments(place, page),
    offset: last ? `com${last.created_time.getTime()}-${last.seq}` : null,
  };
}

/** How many comments each of the records has (`recordMetadata[]=commentCount`), 0 among them. */
export async function readCommentCounts(
  place: BasePlace,
  recordIds: readonly string[],
): Promise<ReadonlyMap<string, number>> {
  const { rows } = await place.tx.query<{ record_id: string; n: number }>(
    `SELECT record_id, count(*)::int AS n FROM engine_comments
     WHERE workspace_id = $1 AND base_id = $2 AND record_id = ANY($3) GROUP BY record_id`,
    [place.workspaceId, place.baseId, recordIds],
  );
  const counted = new Map(rows.map(({ record_id, n }) => [record_id, n]));
  return new Map(recordIds.map((id) => [id, counted.get(id) ?? 0]));
}
