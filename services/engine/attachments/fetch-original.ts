import { SagatableError } from '../../../contracts/errors';
import type { Database, Tx } from '../../database/database';
import type { Files, StoredFile } from '../../files/files';
import type { GuardedFetch } from '../../files/guarded-fetch';
import { chooseMediaType } from '../../files/media-types';
import { MAX_FETCHED_BYTES } from './attachment-rules';
import { keyOf, stillOurs, type Claim, type Clock } from './claims';
import type { CheckedDownloadLinks, DownloadTicket } from './download-links';
import { findDownload } from './find-download';

/** The largest file takes as long at 2 MB/s. */
const TIME_LIMIT_MS = 10 * 60_000;

export interface FetchParts {
  readonly db: Database;
  readonly files: Files;
  readonly fetch: GuardedFetch;
  readonly links: Pick<CheckedDownloadLinks, 'read'>;
  readonly clock: Clock;
}

/**
 * Fetches what an attachment was given by address and makes it ready. Pictures of it are the next work, if it is an image.
 * A download link of this engine is not fetched: its bytes are here. Throws SagatableError: `retryable` says whether trying
 * again can help.
 */
export async function fetchOriginal(parts: FetchParts, claim: Claim, signal: AbortSignal): Promise<void> {
  const address = claim.sourceUrl ?? '';
  const ticket = parts.links.read(address, parts.clock.now());
  if (ticket?.workspaceId === claim.workspaceId) return shareOriginal(parts, claim, ticket);
  const { type, bytes } = ticket ? await openStored(parts, ticket) : await openFetched(parts, claim, signal);
  const file = await parts.files.write(claim.workspaceId, bytes, {
    purpose: 'attachment',
    maxBytes: MAX_FETCHED_BYTES,
  });
  const settled = await parts.db.tenant(claim.workspaceId, async (tx) => {
    if (!(await stillOurs(tx, claim))) return false;
    await settleOriginal(tx, claim, file, type);
    return true;
  });
  if (!settled) await parts.files.remove(claim.workspaceId, [file.id]);
}

interface Opened {
  readonly type: string;
  readonly bytes: AsyncIterable<Buffer>;
}

async function openFetched(parts: FetchParts, claim: Claim, signal: AbortSignal): Promise<Opened> {
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
  return { type: chooseMediaType(answer.headers['content-type'], claim.filename), bytes: answer.body };
}

/** Whoever has a good link may read what it leads to, in whatever workspace: the bytes become this one's own. */
async function openStored({ db, files }: FetchParts, ticket: DownloadTicket): Promise<Opened> {
  const { workspaceId } = ticket;
  const found = await db.tenant(workspaceId, (tx) => findDownload(tx, ticket));
  if (!found) throw refusedBySource(404);
  return { type: found.type, bytes: files.read(workspaceId, found.file) };
}

/** In one workspace the file itself serves both attachments: it stays as long as either is there. */
function shareOriginal({ db }: FetchParts, claim: Claim, ticket: DownloadTicket): Promise<void> {
  return db.tenant(claim.workspaceId, async (tx) => {
    if (!(await stillOurs(tx, claim))) return;
    const found = await findDownload(tx, ticket);
    if (!found) throw refusedBySource(404);
    await settleOriginal(tx, claim, found.file, found.type);
  });
}

async function settleOriginal(tx: Tx, claim: Claim, file: StoredFile, type: string): Promise<void> {
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
}

function refusedBySource(status: number): SagatableError {
  const retryable = status >= 500 || status === 408 || status === 429;
  return new SagatableError('Upstream', `The address of the attachment answered with status ${status}.`, {
    code: 'source_refused',
    retryable,
  });
}
