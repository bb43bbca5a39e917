import { SagatableError } from '../../contracts/errors';
import { holdLease } from '../edits/leases';
import { MAX_FETCHED_BYTES } from '../engine/attachments/attachment-rules';
import type { StoredFile } from '../files/files';
import { readAttachmentCell } from './attachment-cells';
import { keepProblems } from './problems';
import { inBase, type CopyRun } from './run';
import { closeTask, postponeTask, type AttachmentToFetch, type Task } from './tasks';

const TIMEOUT_MS = 5 * 60_000;
/** An attachment that could not be fetched so often is given up. */
const ATTEMPTS = 3;
/** How often the base is held on to while bytes come in. */
const HOLD_MS = 10_000;

type AttachmentTask = Task & { readonly kind: 'attachment' };

/**
 * Fetches one attachment and makes it readable. One that cannot be fetched is tried again at the end of the copy, with an
 * address asked for anew; after that it is listed as a problem. Throws when the source’s limit is reached.
 */
export async function fetchAttachment(run: CopyRun, task: AttachmentTask): Promise<void> {
  let file: StoredFile;
  try {
    file = await download(run, await addressOf(run, task), task.details);
  } catch (error) {
    run.signal.throwIfAborted();
    if (!(error instanceof SagatableError) || error.kind === 'LimitReached') throw error;
    await fail(run, task, error);
    return;
  }
  await inBase(run, async ({ place, state }) => {
    await closeTask(place.tx, run.copyId, task);
    const { rows } = await place.tx.query<{ picture: boolean }>(
      `UPDATE engine_attachments SET state = 'ready', size = $4, type = $5, source_url = NULL,
         work = CASE WHEN $5 LIKE 'image/%' THEN 'thumbnails' END, due_at = $6, attempts = 0
       WHERE workspace_id = $1 AND base_id = $2 AND id = $3 AND state <> 'ready' RETURNING work IS NOT NULL AS picture`,
      [place.workspaceId, place.baseId, task.details.id, file.size, typeOf(task.details), place.now],
    );
    // Without a row nobody wants it any more: the file is collected like any that nothing refers to.
    if (!rows[0]) return;
    await place.tx.query(
      `INSERT INTO engine_attachment_files (workspace_id, base_id, attachment_id, kind, file_id, type, width, height)
       VALUES ($1, $2, $3, 'original', $4, $5, $6, $7) ON CONFLICT DO NOTHING`,
      [
        place.workspaceId,
        place.baseId,
        task.details.id,
        file.id,
        typeOf(task.details),
        task.details.width ?? null,
        task.details.height ?? null,
      ],
    );
    if (rows[0].picture) place.effects.add('attachments');
    state.counts.attachments.copied++;
  });
}

const typeOf = (attachment: AttachmentToFetch) => attachment.type ?? 'application/octet-stream';

/** Addresses work for two hours: after a failure a new one is asked for. */
async function addressOf(run: CopyRun, task: AttachmentTask): Promise<string> {
  if (task.attempts === 0) return task.details.url;
  const record = await (
    await run.client()
  ).getRecord(run.baseId, task.tableId, task.recordId, { signal: run.signal });
  const now = readAttachmentCell(record.fields[task.details.fieldId]).find((a) => a.id === task.details.id);
  if (now) return now.url;
  throw new SagatableError('NotFound', 'The attachment is not at the source any more.', {
    code: 'attachment_gone',
  });
}

async function download(run: CopyRun, url: string, wanted: AttachmentToFetch): Promise<StoredFile> {
  const limits = { maxBytes: MAX_FETCHED_BYTES, timeoutMs: TIMEOUT_MS, signal: run.signal };
  const answer = await run.fetch({ url, ...limits });
  if (answer.status !== 200) {
    answer.discard();
    throw new SagatableError('Upstream', `Its address answered with the status ${answer.status}.`, {
      code: 'attachment_refused',
    });
  }
  const file = await run.files.write(run.workspaceId, holding(run, answer.body), {
    purpose: 'attachment',
    maxBytes: MAX_FETCHED_BYTES,
  });
  if (wanted.size !== undefined && wanted.size !== file.size) {
    await run.files.remove(run.workspaceId, [file.id]);
    throw new SagatableError(
      'Upstream',
      `It has ${file.size} bytes, and the source speaks of ${wanted.size}.`,
      { code: 'attachment_differs' },
    );
  }
  return file;
}

/** The same bytes; while they come in, the base stays ours. */
async function* holding(run: CopyRun, bytes: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  let held = Date.now();
  for await (const part of bytes) {
    if (Date.now() - held > HOLD_MS) {
      await run.db.tenant(run.workspaceId, (tx) => holdLease(tx, run.lease));
      held = Date.now();
    }
    yield part;
  }
}

async function fail(run: CopyRun, task: AttachmentTask, error: SagatableError): Promise<void> {
  const hopeless = error.code === 'attachment_gone' || error.code === 'file_too_large';
  const last = hopeless || task.attempts + 1 >= ATTEMPTS;
  const { id, fieldId, filename } = task.details;
  await inBase(run, async ({ place, state }) => {
    if (!last) return postponeTask(place.tx, run.copyId, task);
    await closeTask(place.tx, run.copyId, task);
    await place.tx.query(
      `UPDATE engine_attachments SET state = 'failed' WHERE workspace_id = $1 AND base_id = $2 AND id = $3 AND state <> 'ready'`,
      [place.workspaceId, place.baseId, id],
    );
    const { tableId, recordId } = task;
    const problem = { kind: 'attachment' as const, tableId, recordId, fieldId, name: filename, item: id };
    await keepProblems(place.tx, run.workspaceId, run.copyId, [{ ...problem, reason: error.message }]);
    state.counts.attachments.failed++;
  });
}
