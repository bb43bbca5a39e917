import type { Tx } from '../../database/database';
import type { StoredFile } from '../../files/files';
import type { DownloadSize } from '../place';

/** Bytes to be sent, and what they are. */
export interface Download {
  readonly file: StoredFile;
  readonly type: string;
  readonly filename: string;
}

/** An attachment's original or one of its pictures. */
export interface DownloadKey {
  readonly workspaceId: string;
  readonly baseId: string;
  readonly attachmentId: string;
  readonly size: DownloadSize;
}

/** The original of an attachment, or one of its pictures; undefined when it is not there, or not any more. */
export async function findDownload(
  tx: Tx,
  { workspaceId, baseId, attachmentId, size }: DownloadKey,
): Promise<Download | undefined> {
  const { rows } = await tx.query<{
    id: string;
    size: string;
    sha256: string;
    type: string;
    filename: string;
  }>(
    `SELECT f.id, f.size, f.sha256, af.type, a.filename FROM engine_attachments a
     JOIN engine_attachment_files af ON (af.workspace_id, af.base_id, af.attachment_id) = (a.workspace_id, a.base_id, a.id)
     JOIN files f ON (f.workspace_id, f.id) = (af.workspace_id, af.file_id)
     WHERE a.workspace_id = $1 AND a.base_id = $2 AND a.id = $3 AND a.state = 'ready' AND af.kind = $4`,
    [workspaceId, baseId, attachmentId, size],
  );
  const row = rows[0];
  if (!row) return undefined;
  const file = { id: row.id, size: Number(row.size), sha256: row.sha256 };
  return { file, type: row.type, filename: row.filename };
}
