/** Bytes of a piece: few statements for a large file, little memory for many at a time. */
export const CHUNK_BYTES = 512 * 1024;

/** Cuts a stream of buffers of any size into pieces of `CHUNK_BYTES`; only the last is smaller, none is empty. */
export async function* cutIntoChunks(
  bytes: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
): AsyncGenerator<Buffer> {
  let held: Buffer[] = [];
  let length = 0;
  for await (const part of bytes) {
    let rest = Buffer.from(part.buffer, part.byteOffset, part.byteLength);
    while (length + rest.length >= CHUNK_BYTES) {
      const taken = CHUNK_BYTES - length;
      yield Buffer.concat([...held, rest.subarray(0, taken)]);
      rest = rest.subarray(taken);
      held = [];
      length = 0;
    }
    if (rest.length > 0) held.push(rest);
    length += rest.length;
  }
  if (length > 0) yield Buffer.concat(held);
}
