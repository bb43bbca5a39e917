import { createHash } from 'node:crypto';
import { SagatableError } from '../../contracts/errors';
import type { Database, Tx } from '../database/database';
import { randomText } from '../ids';
import { cutIntoChunks } from './chunks';

/** Whose file it is; the owner removes it when it is of no more use. */
export type FilePurpose = 'attachment' | 'deleted';

/** A file whose bytes are all there. */
export interface StoredFile {
  readonly id: string;
  /** Bytes. */
  readonly size: number;
  /** Hexadecimal. */
  readonly sha256: string;
}

export interface FileLimits {
  readonly purpose: FilePurpose;
  /** Bytes; a longer file is not kept. */
  readonly maxBytes: number;
}

/** Bytes in PostgreSQL, in pieces: any process can read them, they are backed up and erased with their workspace. */
export type Files = ReturnType<typeof createFiles>;

/** Makes the store. It never holds more than one piece of a file. */
export function createFiles(db: Pick<Database, 'tenant'>) {
  return {
    /**
     * Keeps what a stream brings, each piece in a transaction of its own. Throws InvalidInput `file_too_large`, or
     * whatever the stream throws; nothing is kept then.
     */
    async write(
      workspaceId: string,
      bytes: AsyncIterable<Uint8Array>,
      limits: FileLimits,
    ): Promise<StoredFile> {
      const id = await db.tenant(workspaceId, (tx) => beginFile(tx, workspaceId, limits.purpose));
      const hash = createHash('sha256');
      let size = 0;
      let n = 0;
      try {
        for await (const chunk of cutIntoChunks(bytes)) {
          size += chunk.length;
          if (size > limits.maxBytes) throw tooLarge(limits.maxBytes);
          hash.update(chunk);
          await db.tenant(workspaceId, (tx) => insertChunk(tx, workspaceId, id, n, chunk));
          n += 1;
        }
        const file = { id, size, sha256: hash.digest('hex') };
        await db.tenant(workspaceId, (tx) => completeFile(tx, workspaceId, file));
        return file;
      } catch (error) {
        await db.tenant(workspaceId, (tx) => removeFiles(tx, workspaceId, [id])).catch(() => undefined);
        throw error;
      }
    },

    /** The bytes of a file, a piece at a time. Throws NotFound `file_not_found` where a piece is missing. */
    async *read(workspaceId: string, file: Pick<StoredFile, 'id' | 'size'>): AsyncGenerator<Buffer> {
      let sent = 0;
      for (let n = 0; sent < file.size; n++) {
        const chunk = await db.tenant(workspaceId, (tx) => readChunk(tx, workspaceId, file.id, n));
        if (!chunk) throw fileNotFound();
        sent += chunk.length;
        yield chunk;
      }
    },

    /** A file whose bytes are all there; undefined when there is none of that id. */
    find: (workspaceId: string, id: string) => db.tenant(workspaceId, (tx) => findFile(tx, workspaceId, id)),

    /** Removes files that nothing refers to any more. */
    remove: (workspaceId: string, ids: readonly string[]) =>
      db.tenant(workspaceId, (tx) => removeFiles(tx, workspaceId, ids)),
  };
}

/** Keeps bytes that are in memory, as part of the caller's transaction. */
export async function saveFile(
  tx: Tx,
  workspaceId: string,
  bytes: Buffer,
  purpose: FilePurpose,
): Promise<StoredFile> {
  const file = {
    id: await beginFile(tx, workspaceId, purpose),
    size: bytes.length,
    sha256: createHash('sha256').update(bytes).digest('hex'),
  };
  let n = 0;
  for await (const chunk of cutIntoChunks([bytes])) await insertChunk(tx, workspaceId, file.id, n++, chunk);
  await completeFile(tx, workspaceId, file);
  return file;
}

/** Removes files with their bytes. */
export async function removeFiles(tx: Tx, workspaceId: string, ids: readonly string[]): Promise<void> {
  await tx.query('DELETE FROM files WHERE workspace_id = $1 AND id = ANY($2)', [workspaceId, ids]);
}

async function beginFile(tx: Tx, workspaceId: string, purpose: FilePurpose): Promise<string> {
  const id = `fil_${randomText(22)}`;
  await tx.query('INSERT INTO files (workspace_id, id, purpose) VALUES ($1, $2, $3)', [
    workspaceId,
    id,
    purpose,
  ]);
  return id;
}

async function insertChunk(tx: Tx, workspaceId: string, fileId: string, n: number, bytes: Buffer) {
  await tx.query('INSERT INTO file_chunks (workspace_id, file_id, n, bytes) VALUES ($1, $2, $3, $4)', [
    workspaceId,
    fileId,
    n,
    bytes,
  ]);
}

async function completeFile(tx: Tx, workspaceId: string, file: StoredFile): Promise<void> {
  const { rowCount } = await tx.query(
    'UPDATE files SET size = $3, sha256 = $4 WHERE workspace_id = $1 AND id = $2',
    [workspaceId, file.id, file.size, file.sha256],
  );
  if (!rowCount) throw fileNotFound();
}

async function findFile(tx: Tx, workspaceId: string, id: string): Promise<StoredFile | undefined> {
  const { rows } = await tx.query<{ size: string; sha256: string }>(
    'SELECT size, sha256 FROM files WHERE workspace_id = $1 AND id = $2 AND size IS NOT NULL',
    [workspaceId, id],
  );
  return rows[0] && { id, size: Number(rows[0].size), sha256: rows[0].sha256 };
}

async function readChunk(tx: Tx, workspaceId: string, fileId: string, n: number) {
  const { rows } = await tx.query<{ bytes: Buffer }>(
    'SELECT bytes FROM file_chunks WHERE workspace_id = $1 AND file_id = $2 AND n = $3',
    [workspaceId, fileId, n],
  );
  return rows[0]?.bytes;
}

function tooLarge(maxBytes: number): SagatableError {
  return new SagatableError('InvalidInput', `The file has more than ${maxBytes} bytes.`, {
    code: 'file_too_large',
    status: 413,
  });
}

function fileNotFound(): SagatableError {
  return new SagatableError('NotFound', 'The file is not there any more.', { code: 'file_not_found' });
}
