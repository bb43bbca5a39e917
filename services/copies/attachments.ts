import { SagatableError } from '../../contracts/errors';
import { MAX_FETCHED_BYTES } from '../engine/attachments/attachment-rules';
import type { StoredFile } from '../files/files';
import { readAttachmentCell } from './attachment-cells';
import { keepProblems } from './problems';
import { inBase, type CopyRun } from './run';
import { closeTask, postponeTask, type AttachmentToFetch, type Task } from './tasks';

const TIMEOUT_MS = 5 * 60_000;
/** An attachment that could not be fetched so often is given up. */
const ATTEMPTS = 3;

type AttachmentTask = Task & { readonly kind: 'attachment' };

/**
 * Fetches one attachment and makes it readable. One that cannot be fetched is tried again at the end of the copy, with an
 * address asked for anew; after that it is listed as a problem. Throws what the source answers when it is asked for the
 * address: a limit, a token that was revoked, a failure that a retry may mend.
 */
export async function fetchAttachment(run: CopyRun, task: AttachmentTask): Promise<void> {
  const address = await addressOf(run, task);
  let file: StoredFile;
  try {
    if (address === undefined) throw gone();
    file = await download(run, address, task.details);
  } catch (error) {
    run.signal.throwIfAborted();
    if (!(error instanceof SagatableError)) throw error;
    await fail(run, task, error);
    return;
  }
  await inBase(run, async ({ place, state }) => {
    await closeTask(place.tx, run.copyId, task);
    const { rows } = await place.tx.query<{ picture: boolean }>(
      `UPDATE engine_attachments SET state = 'ready', size = $4, type = $5, source_url = NULL,
         work = CASE WHEN $5 LIKE 'image/%' THEN 'thumbnails' END, due_at = $6, attempts = 0
       WHERE workspace_id = $1 AND base_id = $2 AND id = $3 AND state <> 'ready' RETURNING work IS NOT NULL AS picture`,
      [place.workspaceId, place.baseId, task.details.id, file.size, task.details.type, place.now],
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
        task.details.type,
        task.details.width ?? null,
        task.details.height ?? null,
      ],
    );
    if (rows[0].picture) place.effects.add('attachments');
    state.counts.attachments.copied++;
  });
}

/** Addresses work for two hours: after a failure a new one is asked for. Undefined where the attachment is gone. */
async function addressOf(run: CopyRun, task: AttachmentTask): Promise<string | undefined> {
  const { url, id, fieldId } = task.details;
  if (task.attempts === 0) return url;
  const client = await run.client();
  try {
    const options = { signal: run.signal, fieldIds: [fieldId] };
    const record = await client.getRecord(run.baseId, task.tableId, task.recordId, options);
    return readAttachmentCell(record.fields[fieldId]).find((attachment) => attachment.id === id)?.url;
  } catch (error) {
    if (error instanceof SagatableError && error.code === 'airtable_not_found') return undefined;
    throw error;
  }
}

const gone = () =>
  new SagatableError('NotFound', 'The attachment is not at the source any more.', {
    code: 'attachment_gone',
  });

async function download(run: CopyRun, url: string, wanted: AttachmentToFetch): Promise<StoredFile> {
  const limits = { maxBytes: MAX_FETCHED_BYTES, timeoutMs: TIMEOUT_MS, signal: run.signal };
  const answer = await run.fetch({ url, ...limits });
  if (answer.status !== 200) {
    answer.discard();
    throw new SagatableError('Upstream', `Its address answered with the status ${answer.status}.`, {
      code: 'attachment_refused',
    });
  }
  const file = await run.files.write(run.workspaceId, answer.body, {
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
