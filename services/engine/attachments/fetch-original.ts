import { SagatableError } from '../../../contracts/errors';
import type { Database } from '../../database/database';
import type { Files } from '../../files/files';
import type { GuardedFetch } from '../../files/guarded-fetch';
import { chooseMediaType } from '../../files/media-types';
import { MAX_FETCHED_BYTES } from './attachment-rules';
import { keyOf, stillOurs, type Claim } from './claims';

/** The largest file takes as long at 2 MB/s. */
const TIME_LIMIT_MS = 10 * 60_000;

export interface FetchParts {
  readonly db: Database;
  readonly files: Files;
  readonly fetch: GuardedFetch;
}

/**
 * Fetches what an attachment was given by address and makes it ready. Pictures of it are the next work, if it is an image.
 * Throws SagatableError: `retryable` says whether trying again can help.
 */
export async function fetchOriginal(parts: FetchParts, claim: Claim, signal: AbortSignal): Promise<void> {
  const answer = await parts.fetch({
    url: claim.sourceUrl ?? '',
    signal,
    maxBytes: MAX_FETCHED_BYTES,
    timeoutMs: TIME_LIMIT_MS,
  });
  if (answer.status !== 200) {
    answer.discard();
    throw refusedBySource(answer.status);
  }
  const type = chooseMediaType(answer.headers['content-type'], claim.filename);
  const file = await parts.files.write(claim.workspaceId, answer.body, {
    purpose: 'attachment',
    maxBytes: MAX_FETCHED_BYTES,
  });
  const settled = await parts.db.tenant(claim.workspaceId, async (tx) => {
    if (!(await stillOurs(tx, claim))) return false;
    await tx.query(
      `UPDATE engine_attachments SET state = 'ready', source_url = NULL, type = $4, size = $5, attempts = 0, claim = NULL,
         work = CASE WHEN $4 LIKE 'image/%' THEN 'thumbnails' END, due_at = created_at
       WHERE workspace_id = $1 AND base_id = $2 AND id = $3`,
      [...keyOf(claim), type, file.size],
    );
    await tx.query(
      `INSERT INTO engine_attachment_files (workspace_id, base_id, attachment_id, kind, file_id, type)
       VALUES ($1, $2, $3, 'original', $4, $5)`,
      [...keyOf(claim), file.id, type],
    );
    return true;
  });
  if (!settled) await parts.files.remove(claim.workspaceId, [file.id]);
}

function refusedBySource(status: number): SagatableError {
  const retryable = status >= 500 || status === 408 || status === 429;
  return new SagatableError('Upstream', `The address of the attachment answered with status ${status}.`, {
    code: 'source_refused',
    retryable,
  });
}
