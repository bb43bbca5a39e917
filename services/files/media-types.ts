import { extname } from 'node:path';

/** A type that tells nothing. */
export const UNKNOWN_TYPE = 'application/octet-stream';

/** Types of common files, for servers that name none. */
const BY_EXTENSION: Readonly<Record<string, string>> = {
  '.avif': 'image/avif',
  '.csv': 'text/csv',
  '.docx': 'application/vnd.openxmlformats-officedocument.wordprocessingml.document',
  '.gif': 'image/gif',
  '.html': 'text/html',
  '.jpeg': 'image/jpeg',
  '.jpg': 'image/jpeg',
  '.json': 'application/json',
  '.md': 'text/markdown',
  '.mov': 'video/quicktime',
  '.mp3': 'audio/mpeg',
  '.mp4': 'video/mp4',
  '.pdf': 'application/pdf',
  '.png': 'image/png',
  '.pptx': 'application/vnd.openxmlformats-officedocument.presentationml.presentation',
  '.svg': 'image/svg+xml',
  '.tif': 'image/tiff',
  '.tiff': 'image/tiff',
  '.txt': 'text/plain',
  '.webp': 'image/webp',
  '.xlsx': 'application/vnd.openxmlformats-officedocument.spreadsheetml.sheet',
  '.xml': 'application/xml',
  '.zip': 'application/zip',
};

/** `type/subtype` with the characters a token may have. Source: RFC 9110, 8.3.1. */
const MEDIA_TYPE = /^[\w!#$&^.+-]{1,100}\/[\w!#$&^.+-]{1,100}$/;

/** Pictures that a browser shows and that cannot hold scripts. */
const HARMLESS = new Set(['image/png', 'image/jpeg', 'image/gif', 'image/webp', 'image/avif']);

/**
 * The media type of a file, without parameters: the given one if it says anything, else by the file's name. What is no
 * media type counts as none.
 */
export function chooseMediaType(given: string | undefined, filename: string): string {
  const bare = given?.split(';')[0]?.trim().toLowerCase() ?? '';
  if (MEDIA_TYPE.test(bare) && bare !== UNKNOWN_TYPE && bare !== 'binary/octet-stream') return bare;
  return BY_EXTENSION[extname(filename).toLowerCase()] ?? UNKNOWN_TYPE;
}

/** Whether a browser may show it in place. */
export function isHarmlessImage(type: string): boolean {
  return HARMLESS.has(type);
}
