import type { AttachmentCell } from '../fields/field-type';
import type { BasePlace, DownloadSize } from '../place';

interface PictureRow {
  readonly kind: 'small' | 'large' | 'full';
  readonly width: number;
  readonly height: number;
}

interface AttachmentRow {
  id: string;
  filename: string;
  state: 'pending' | 'ready';
  source_url: string | null;
  type: string | null;
  size: string | null;
  width: number | null;
  height: number | null;
  pictures: readonly PictureRow[] | null;
}

/**
 * Attachments of the base by id, in the form readers see; ids of none, and of those that failed, are left out. One that is
 * not fetched yet has the address it is fetched from, and no more than that.
 */
export async function readAttachments(
  place: BasePlace,
  ids: readonly string[],
): Promise<ReadonlyMap<string, AttachmentCell>> {
  if (ids.length === 0) return new Map();
  const found = await place.tx.query<AttachmentRow>(
    `SELECT a.id, a.filename, a.state, a.source_url, a.type, a.size, a.width, a.height,
       (SELECT json_agg(json_build_object('kind', f.kind, 'width', f.width, 'height', f.height))
        FROM engine_attachment_files f
        WHERE (f.workspace_id, f.base_id, f.attachment_id) = (a.workspace_id, a.base_id, a.id) AND f.kind <> 'original') AS pictures
     FROM engine_attachments a WHERE a.workspace_id = $1 AND a.base_id = $2 AND a.id = ANY($3) AND a.state <> 'failed'`,
    [place.workspaceId, place.baseId, ids],
  );
  return new Map(found.rows.map((row) => [row.id, toCell(place, row)]));
}

function toCell(place: BasePlace, row: AttachmentRow): AttachmentCell {
  const { id, filename } = row;
  const { workspaceId, baseId, now } = place;
  const link = (size: DownloadSize) => {
    const file = { workspaceId, baseId, attachmentId: id, size, filename, now };
    return place.links.urlOf(file);
  };
  // One that comes with a copied base has no address of its own: the link works once the bytes are here.
  if (row.state === 'pending') return { id, url: row.source_url ?? link('original'), filename };
  return {
    id,
    ...(row.width === null || row.height === null ? {} : { width: row.width, height: row.height }),
    url: link('original'),
    filename,
    size: Number(row.size),
    type: row.type ?? '',
    ...thumbnails(row.pictures ?? [], link),
  };
}

function thumbnails(pictures: readonly PictureRow[], link: (size: DownloadSize) => string) {
  const [small, large, full] = (['small', 'large', 'full'] as const).map((kind) => {
    const picture = pictures.find((p) => p.kind === kind);
    return picture && { url: link(kind), width: picture.width, height: picture.height };
  });
  return small && large && full ? { thumbnails: { small, large, full } } : {};
}
