import { pipeline } from 'node:stream/promises';
import { Router, type Request, type Response } from 'express';
import type { Database } from '../../services/database/database';
import {
  DOWNLOAD_SIZES,
  type CheckedDownloadLinks,
  type DownloadTicket,
} from '../../services/engine/attachments/download-links';
import { findDownload, type Download } from '../../services/engine/attachments/find-download';
import { EngineError, recordNotFound } from '../../services/engine/engine-error';
import type { Files } from '../../services/files/files';
import { isHarmlessImage } from '../../services/files/media-types';

export interface FileRouteParts {
  readonly db: Pick<Database, 'tenant'>;
  readonly files: Files;
  readonly links: CheckedDownloadLinks;
  readonly clock: { now(): Date };
}

function readTicket(req: Request): DownloadTicket {
  const size = DOWNLOAD_SIZES.find((known) => known === req.params['size']);
  const query = new URL(req.originalUrl, 'http://engine').searchParams;
  const ticket = {
    workspaceId: String(req.params['workspace']),
    baseId: String(req.params['base']),
    attachmentId: String(req.params['attachment']),
    expires: query.get('expires') ?? '',
    signature: query.get('signature') ?? '',
  };
  if (size === undefined || ticket.signature === '') throw recordNotFound();
  return { ...ticket, size };
}

/** RFC 6266: the name in ASCII for old clients, and as it is. */
function disposition(kind: 'inline' | 'attachment', filename: string): string {
  const plain = filename.replace(/[^\x20-\x7e]|["\\%]/g, '_');
  const full = encodeURIComponent(filename).replace(/['()*]/g, (c) => `%${c.charCodeAt(0).toString(16)}`);
  return `${kind}; filename="${plain}"; filename*=UTF-8''${full}`;
}

/** What the bytes are, told so that no browser runs them: only plain pictures are shown in place. */
function setHeaders(res: Response, { file, type, filename }: Download, maxAgeSeconds: number): void {
  const inline = isHarmlessImage(type);
  res.set({
    'Content-Type': type,
    'Content-Length': String(file.size),
    'Content-Disposition': disposition(inline ? 'inline' : 'attachment', filename),
    'X-Content-Type-Options': 'nosniff',
    'Content-Security-Policy': "default-src 'none'; sandbox",
    // Whoever has the link may show the picture on a page of their own.
    'Cross-Origin-Resource-Policy': 'cross-origin',
    'Cache-Control': `private, max-age=${Math.max(0, Math.floor(maxAgeSeconds))}, immutable`,
    ETag: `"${file.sha256}"`,
  });
}

/** `/v0/files/…`: attachments by their signed links, without a token. 403 for a forged link, 410 for one whose time is over. */
export function createFileRoutes({ db, files, links, clock }: FileRouteParts): Router {
  const router = Router();
  router.get('/files/:workspace/:base/:attachment/:size/:filename', async (req, res) => {
    const ticket = readTicket(req);
    const now = clock.now();
    const checked = links.check(ticket, now);
    if (checked === 'forged')
      throw new EngineError(403, 'INVALID_DOWNLOAD_LINK', 'This is no download link of this server');
    if (checked === 'expired') {
      throw new EngineError(
        410,
        'DOWNLOAD_LINK_EXPIRED',
        'The download link has expired: read the record again',
      );
    }
    const download = await db.tenant(ticket.workspaceId, (tx) => findDownload(tx, ticket));
    if (!download) throw recordNotFound();
    setHeaders(res, download, Number(ticket.expires) - now.getTime() / 1000);
    if (req.fresh) res.status(304).removeHeader('Content-Length');
    if (req.fresh || req.method === 'HEAD') res.end();
    else await send(res, files, ticket.workspaceId, download);
  });
  return router;
}

/** A client that goes away ends the reading, and that is no failure. */
async function send(res: Response, files: Files, workspaceId: string, { file }: Download): Promise<void> {
  try {
    await pipeline(files.read(workspaceId, file), res);
  } catch (error) {
    if (!res.destroyed || !isEarlyClose(error)) throw error;
  }
}

function isEarlyClose(error: unknown): boolean {
  return (
    typeof error === 'object' &&
    error !== null &&
    'code' in error &&
    error.code === 'ERR_STREAM_PREMATURE_CLOSE'
  );
}
