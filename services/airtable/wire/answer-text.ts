import { promisify } from 'node:util';
import { gunzip } from 'node:zlib';

const unzip = promisify(gunzip);

/** An answer whose bytes are not to be read; `code` is one of ours. */
export class UnreadableAnswer extends Error {
  constructor(readonly code: 'ANSWER_TOO_LARGE' | 'ANSWER_ENCODED') {
    super(code);
    this.name = 'UnreadableAnswer';
  }
}

/**
 * An answer's bytes as text. Compression is not asked for (`accept-encoding: identity`); gzip is undone all the same,
 * because proxies on the way add it, up to `maxBytes`. Throws UnreadableAnswer.
 */
export async function readAnswerText(
  bytes: Buffer,
  encoding: string | undefined,
  maxBytes: number,
): Promise<string> {
  const name = (encoding ?? '').trim().toLowerCase();
  if (name === '' || name === 'identity') return bytes.toString('utf8');
  if (name !== 'gzip' && name !== 'x-gzip') throw new UnreadableAnswer('ANSWER_ENCODED');
  try {
    return (await unzip(bytes, { maxOutputLength: maxBytes })).toString('utf8');
  } catch (error) {
    const tooLarge = error instanceof RangeError || codeOf(error) === 'ERR_BUFFER_TOO_LARGE';
    throw new UnreadableAnswer(tooLarge ? 'ANSWER_TOO_LARGE' : 'ANSWER_ENCODED');
  }
}

const codeOf = (error: unknown) =>
  typeof error === 'object' && error !== null && 'code' in error ? error.code : undefined;
