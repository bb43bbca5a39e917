import type { Lost } from '../../contracts/restoring';
import type { BeforeImage } from './before-images';
import { quoteComment, readComments } from './kept-comments';
import { holdLease } from './leases';
import type { Restoration } from './restorations';
import { isRefusal, sendWrite, type EditRun } from './run';

/**
 * Posts the comments of a returned record again, as quotations, where the approval says so. What is there already is not
 * posted again. Returns how long (ms) to wait after one without an answer, else what did not return.
 */
export async function restoreComments(
  run: EditRun,
  restoration: Restoration,
  image: BeforeImage | undefined,
): Promise<{ waitMs: number } | { lost: Lost[] }> {
  if (!image || image.commentCount === 0) return { lost: [] };
  const lose = (reason: string): { lost: Lost[] } => ({
    lost: [{ kind: 'comments', what: String(image.commentCount), reason }],
  });
  if (!run.repostComments) return lose('comments are posted again only where the approval says so');
  if (!image.comments) return lose('the token of the connection may not read comments');
  const waitMs = (restoration.commentSentAt?.getTime() ?? 0) + run.lateWriteMs - Date.now();
  if (waitMs > 0) return { waitMs };
  const record = { baseId: run.baseId, tableId: restoration.tableId, recordId: restoration.newId };
  const present = await readComments(run, record);
  if (!present) return lose('the token of the connection may not read comments');
  const texts = present.map(({ text }) => text);
  for (const quote of image.comments.map(quoteComment)) {
    const there = texts.indexOf(quote);
    if (there >= 0) {
      texts.splice(there, 1);
      continue;
    }
    await noteSending(run, restoration, true);
    const end = await sendWrite(run, (options) =>
      run.client.createComment(record, { text: quote }, { ...options, recordIsInTable: true }),
    );
    if (end.end !== 'unclear') await noteSending(run, restoration, false);
    if (end.end === 'landed') continue;
    if (end.end !== 'refused' || !isRefusal(end.error)) throw end.error;
    return lose(end.error instanceof Error ? end.error.message : String(end.error));
  }
  return { lost: [] };
}

function noteSending(run: EditRun, { ordinal }: Restoration, sending: boolean): Promise<void> {
  return run.db.tenant(run.workspaceId, async (tx) => {
    await holdLease(tx, run.lease);
    await tx.query(
      `UPDATE restorations SET comment_sent_at = CASE WHEN $3 THEN clock_timestamp() END WHERE edit_id = $1 AND ordinal = $2`,
      [run.editId, ordinal, sending],
    );
  });
}
