import type { Database } from '../../database/database';
import type { Files, StoredFile } from '../../files/files';
import type { MakePictures, Picture } from '../../files/pictures';
import { keyOf, stillOurs, type Claim } from './claims';
import { findDownload } from './find-download';

/** Larger images are kept without pictures: the library wants all of an image in memory. */
const MAX_IMAGE_BYTES = 50 * 1024 ** 2;

export interface ThumbnailParts {
  readonly db: Database;
  readonly files: Files;
  readonly makePictures: MakePictures;
}

interface SavedPicture {
  readonly picture: Omit<Picture, 'bytes'>;
  readonly file: StoredFile;
}

/** Makes the pictures of an image. What turns out to be none stays as it is; so does one that is too large. */
export async function makeThumbnails(parts: ThumbnailParts, claim: Claim): Promise<void> {
  const { db, files, makePictures } = parts;
  const { workspaceId } = claim;
  const original = await db.tenant(workspaceId, (tx) => findDownload(tx, { ...claim, size: 'original' }));
  const saved: SavedPicture[] = [];
  const size =
    original && original.file.size <= MAX_IMAGE_BYTES
      ? await makePictures(
          async () => Buffer.concat(await collect(files.read(workspaceId, original.file))),
          async ({ bytes, ...picture }) => {
            const limits = { purpose: 'attachment', maxBytes: MAX_IMAGE_BYTES } as const;
            saved.push({ picture, file: await files.write(workspaceId, once(bytes), limits) });
          },
        )
      : undefined;
  const settled = await db.tenant(workspaceId, async (tx) => {
    if (!(await stillOurs(tx, claim))) return false;
    await tx.query(
      `UPDATE engine_attachments SET work = NULL, claim = NULL, width = coalesce($4, width), height = coalesce($5, height)
       WHERE workspace_id = $1 AND base_id = $2 AND id = $3`,
      [...keyOf(claim), size?.width ?? null, size?.height ?? null],
    );
    for (const { picture, file } of saved) {
      await tx.query(
        `INSERT INTO engine_attachment_files (workspace_id, base_id, attachment_id, kind, file_id, type, width, height)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8)`,
        [...keyOf(claim), picture.kind, file.id, picture.type, picture.width, picture.height],
      );
    }
    return true;
  });
  if (!settled) {
    await files.remove(
      workspaceId,
      saved.map(({ file }) => file.id),
    );
  }
}

async function collect(stream: AsyncIterable<Buffer>): Promise<Buffer[]> {
  const parts: Buffer[] = [];
  for await (const part of stream) parts.push(part);
  return parts;
}

async function* once(bytes: Buffer): AsyncGenerator<Buffer> {
  yield bytes;
}
