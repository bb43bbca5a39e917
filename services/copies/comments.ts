import { createHash } from 'node:crypto';
import { SagatableError } from '../../contracts/errors';
import type { LeftOut } from '../../contracts/copies';
import type { SourceComment } from '../airtable/calls/comment-answers';
import { canonicalJson } from '../edits/canonical';
import type { BasePlace } from '../engine/place';
import { readRows } from '../engine/record-rows';
import { readCopied, saveCopiedComments } from './copied-records';
import { readCopy, saveLeftOut } from './copy-rows';
import { keepPeople, peopleOfComments } from './people';
import { keepProblems } from './problems';
import { inBase, type CopyRun, type CopyState } from './run';
import { closeTask, dropTasks, type Task } from './tasks';

/** A list of comments that does not end is not believed: 100 a page. */
const MAX_PAGES = 100;
/** Airtable keeps the comments from this token: they are left out, and the rest is copied. */
const REFUSED_CODES: ReadonlySet<string> = new Set([
  'connection_forbidden',
  'connection_narrowed',
  'airtable_not_permitted',
]);

/**
 * Brings the comments of a record: new ones and those that changed at the source, and removes those that copies brought and
 * that are not there any more. Comments made here stay, and so do changes made here to comments that did not change there.
 */
export async function fetchComments(run: CopyRun, task: Task): Promise<void> {
  const comments = await readComments(run, task);
  if (!comments) return stopComments(run, 'The token of the connection may not read comments.');
  await inBase(run, async ({ place, state }) => {
    await closeTask(place.tx, run.copyId, task);
    const [row] = await readRows(place, [task.recordId]);
    const then = (await readCopied(place, [task.recordId])).get(task.recordId)?.comments ?? {};
    if (!row) return;
    await keepPeople(place, run.copyId, peopleOfComments(comments));
    const now = Object.fromEntries(comments.map((comment) => [comment.id, digest(comment)]));
    const changed = comments.filter(({ id }) => then[id] !== now[id]);
    await saveComments(place, task.recordId, changed);
    const gone = Object.keys(then).filter((id) => !(id in now));
    await removeComments(place, gone);
    await saveCopiedComments(place, task.recordId, now);
    await noteAttachments(run, place, task, comments);
    count(state, changed.filter(({ id }) => id in then).length, changed.length, gone.length);
  });
}

function count(state: CopyState, updated: number, written: number, removed: number): void {
  const { comments } = state.counts;
  comments.created += written - updated;
  comments.updated += updated;
  comments.removed += removed;
}

/** All comments of a record, oldest first; undefined when the source does not show comments to this token. */
async function readComments(run: CopyRun, task: Task): Promise<SourceComment[] | undefined> {
  const found = new Map<string, SourceComment>();
  let offset: string | null = null;
  for (let page = 0; page < MAX_PAGES; page++) {
    try {
      const { comments, offset: next }: { comments: SourceComment[]; offset?: string | null | undefined } =
        await (
          await run.client()
        ).readCommentPage(run.baseId, task.tableId, task.recordId, offset, {
          signal: run.signal,
        });
      for (const comment of comments) found.set(comment.id, comment);
      offset = next ?? null;
    } catch (error) {
      if (!(error instanceof SagatableError)) throw error;
      if (error.code === 'airtable_not_found') return [];
      if (REFUSED_CODES.has(error.code)) return undefined;
      throw error;
    }
    if (offset === null) return [...found.values()].reverse();
  }
  throw new SagatableError('Upstream', 'The list of a record’s comments does not end.', {
    code: 'unexpected_answer',
    retryable: false,
  });
}

async function stopComments(run: CopyRun, reason: string): Promise<void> {
  await inBase(run, async ({ place, state }) => {
    state.position.comments = false;
    await dropTasks(place.tx, run.copyId, 'comments');
    const { left_out } = await readCopy(place.tx, run.copyId);
    const entry: LeftOut = { kind: 'comments', reason };
    await saveLeftOut(place.tx, run.copyId, [...left_out, entry]);
  });
}

const digest = ({ attachments: _, ...comment }: SourceComment) =>
  createHash('sha256').update(canonicalJson(comment)).digest('hex').slice(0, 16);

async function saveComments(
  place: BasePlace,
  recordId: string,
  comments: readonly SourceComment[],
): Promise<void> {
  if (comments.length === 0) return;
  const inOrder = [...comments].sort((a, b) => Date.parse(a.createdTime) - Date.parse(b.createdTime));
  await place.tx.query(
    `INSERT INTO engine_comments AS c (workspace_id, base_id, record_id, id, author_id, text, mentioned, parent_id, created_time,
       updated_time, reactions)
     SELECT $1, $2, $3, v.id, v.author_id, v.text, ARRAY(SELECT jsonb_array_elements_text(v.mentioned)), v.parent_id,
       v.created_time, v.updated_time, v.reactions
     FROM unnest($4::text[], $5::text[], $6::text[], $7::jsonb[], $8::text[], $9::timestamptz[], $10::timestamptz[], $11::jsonb[])
       WITH ORDINALITY AS v(id, author_id, text, mentioned, parent_id, created_time, updated_time, reactions, n)
     ORDER BY v.n
     ON CONFLICT (workspace_id, base_id, id) DO UPDATE SET text = excluded.text, mentioned = excluded.mentioned,
       updated_time = excluded.updated_time, reactions = excluded.reactions
       WHERE c.record_id = excluded.record_id`,
    [
      place.workspaceId,
      place.baseId,
      recordId,
      inOrder.map((c) => c.id),
      inOrder.map((c) => c.author.id),
      inOrder.map((c) => c.text),
      inOrder.map((c) => JSON.stringify(Object.values(c.mentioned ?? {}).map(({ id }) => id))),
      inOrder.map((c) => c.parentCommentId ?? null),
      inOrder.map((c) => c.createdTime),
      inOrder.map((c) => c.lastUpdatedTime ?? null),
      inOrder.map((c) => JSON.stringify(c.reactions ?? [])),
    ],
  );
}

async function removeComments(place: BasePlace, ids: readonly string[]): Promise<void> {
  if (ids.length === 0) return;
  await place.tx.query(
    'DELETE FROM engine_comments WHERE workspace_id = $1 AND base_id = $2 AND id = ANY($3)',
    [place.workspaceId, place.baseId, ids],
  );
}

async function noteAttachments(
  run: CopyRun,
  place: BasePlace,
  { tableId, recordId }: Task,
  comments: readonly SourceComment[],
): Promise<void> {
  const reason = 'Attachments of comments are not copied.';
  const having = comments.filter(({ attachments }) => (attachments ?? []).length > 0);
  await keepProblems(
    place.tx,
    run.workspaceId,
    run.copyId,
    having.map(({ id }) => ({
      kind: 'comment',
      tableId,
      recordId,
      fieldId: null,
      name: null,
      item: id,
      reason,
    })),
  );
}
