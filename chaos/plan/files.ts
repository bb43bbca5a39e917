import { createHash } from 'node:crypto';

/** Lines of the longest file. */
const MOST_LINES = 200;

/** The bytes of a file of that name: always the same, and those of no other name. */
export function fileOf(filename: string): Buffer {
  const digest = createHash('sha256').update(filename).digest();
  return Buffer.from(`${filename}\n`.repeat(1 + ((digest[0] ?? 0) % MOST_LINES)));
}

/** A file by its name, its size and its bytes, to be compared. */
export function describeFile(filename: string, bytes: Buffer): string {
  return `${filename} (${bytes.length} bytes, ${createHash('sha256').update(bytes).digest('hex').slice(0, 16)})`;
}
