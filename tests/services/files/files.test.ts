import { createHash, randomBytes } from 'node:crypto';
import { CHUNK_BYTES } from '../../../services/files/chunks';
import { createFiles, removeFiles, saveFile, type Files } from '../../../services/files/files';
import { createTestDatabase, type TestDatabase } from '../../support/database';
import { insertWorkspace } from '../engine/engine-fixture';

let database: TestDatabase;
let files: Files;
let workspaceId: string;

beforeAll(async () => {
  database = await createTestDatabase();
  files = createFiles(database.db);
  workspaceId = await insertWorkspace(database);
});
afterAll(() => database.drop());

const LIMITS = { purpose: 'attachment', maxBytes: 10_000_000 } as const;

async function collect(stream: AsyncIterable<Buffer>): Promise<Buffer> {
  const parts: Buffer[] = [];
  for await (const part of stream) parts.push(part);
  return Buffer.concat(parts);
}

function* inParts(bytes: Buffer, size: number): Generator<Buffer> {
  for (let i = 0; i < bytes.length; i += size) yield bytes.subarray(i, i + size);
}

async function* streamed(parts: Iterable<Buffer>): AsyncGenerator<Buffer> {
  yield* parts;
}

async function countRows(table: 'files' | 'file_chunks'): Promise<number> {
  const { rows } = await database.admin.query<{ n: string }>(`SELECT count(*) AS n FROM ${table}`);
  return Number(rows[0]?.n);
}

describe('the file store', () => {
  const LENGTHS = [0, 1, CHUNK_BYTES - 1, CHUNK_BYTES, CHUNK_BYTES + 1, 3 * CHUNK_BYTES + 17];
  it.each(LENGTHS)('gives back %d bytes as they were written, with their size and digest', async (length) => {
    const bytes = randomBytes(length);
    const file = await files.write(workspaceId, streamed(inParts(bytes, 100_003)), LIMITS);
    expect(file.size).toBe(length);
    expect(file.sha256).toBe(createHash('sha256').update(bytes).digest('hex'));
    expect(await files.find(workspaceId, file.id)).toEqual(file);
    expect(bytes.equals(await collect(files.read(workspaceId, file)))).toBe(true);
  });

  it('takes bytes in memory into a transaction of the caller', async () => {
    const bytes = randomBytes(CHUNK_BYTES + 5);
    const file = await database.db.tenant(workspaceId, (tx) =>
      saveFile(tx, workspaceId, bytes, 'attachment'),
    );
    expect(bytes.equals(await collect(files.read(workspaceId, file)))).toBe(true);
  });

  it('holds no more than a few pieces while it writes and reads', async () => {
    let made = 0;
    let stored = 0;
    async function* slowly(): AsyncGenerator<Buffer> {
      for (; made < 8; made++) {
        stored = await countRows('file_chunks');
        yield Buffer.alloc(CHUNK_BYTES, made);
      }
    }
    const before = await countRows('file_chunks');
    const file = await files.write(workspaceId, slowly(), LIMITS);
    // When the eighth piece was asked for, the first seven had been stored.
    expect(stored - before).toBe(7);
    const reading = files.read(workspaceId, file);
    expect((await reading.next()).value).toHaveLength(CHUNK_BYTES);
    await reading.return(undefined);
  });

  it('keeps nothing of a file that is too long, or whose stream breaks', async () => {
    const before = [await countRows('files'), await countRows('file_chunks')];
    const long = streamed(inParts(Buffer.alloc(CHUNK_BYTES * 3), CHUNK_BYTES));
    await expect(
      files.write(workspaceId, long, { ...LIMITS, maxBytes: CHUNK_BYTES * 2 }),
    ).rejects.toMatchObject({
      code: 'file_too_large',
      status: 413,
    });
    async function* breaking(): AsyncGenerator<Buffer> {
      yield Buffer.alloc(CHUNK_BYTES);
      throw new Error('the line broke');
    }
    await expect(files.write(workspaceId, breaking(), LIMITS)).rejects.toThrow('the line broke');
    expect([await countRows('files'), await countRows('file_chunks')]).toEqual(before);
  });

  it('removes the bytes with the file, and a reader in between learns of it', async () => {
    const file = await files.write(workspaceId, streamed([Buffer.alloc(CHUNK_BYTES * 2)]), LIMITS);
    const reading = files.read(workspaceId, file);
    await reading.next();
    await database.db.tenant(workspaceId, (tx) => removeFiles(tx, workspaceId, [file.id]));
    await expect(reading.next()).rejects.toMatchObject({ code: 'file_not_found' });
    expect(await files.find(workspaceId, file.id)).toBeUndefined();
  });

  it("shows no workspace another's file", async () => {
    const file = await files.write(workspaceId, streamed([Buffer.from('mine')]), LIMITS);
    const stranger = await insertWorkspace(database);
    expect(await files.find(stranger, file.id)).toBeUndefined();
    await expect(collect(files.read(stranger, file))).rejects.toMatchObject({ code: 'file_not_found' });
    await files.remove(stranger, [file.id]);
    expect(await files.find(workspaceId, file.id)).toEqual(file);
  });

  it('goes with its workspace', async () => {
    const leaving = await insertWorkspace(database);
    const file = await files.write(leaving, streamed([Buffer.from('bytes')]), LIMITS);
    await database.admin.query('DELETE FROM workspaces WHERE workspace_id = $1', [leaving]);
    const left = await database.admin.query('SELECT 1 FROM file_chunks WHERE file_id = $1', [file.id]);
    expect(left.rowCount).toBe(0);
  });
});
