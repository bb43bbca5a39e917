import { EngineError } from '../engine-error';
import { isStorable } from '../storable-text';

/** Longest file name, in characters: what file systems take. */
export const MAX_FILENAME = 255;
/** Longest address an attachment is fetched from. */
export const MAX_SOURCE_URL = 8_000;
/** Most attachments of one cell. Airtable documents no limit; this one bounds what reading a record costs. */
export const MAX_ATTACHMENTS = 1_000;
/** Largest file fetched by URL, in bytes. Source: Airtable Web API, field model, multipleAttachments: 1 GB. */
export const MAX_FETCHED_BYTES = 1024 ** 3;
/** Largest file uploaded, in bytes. Source: Airtable Web API, upload attachment: 5 MB. */
export const MAX_UPLOADED_BYTES = 5 * 1024 ** 2;

/** What an attachment cell does not take. Source: messages of the Airtable Web API seen in public issues. */
export function invalidAttachment(fieldName: string, what: string): EngineError {
  return new EngineError(
    422,
    'INVALID_ATTACHMENT_OBJECT',
    `Invalid attachment object for field ${fieldName}: ${what}`,
  );
}

/** Whether text can be a file's name. */
export function isFilename(text: string): boolean {
  return text !== '' && text.length <= MAX_FILENAME && isStorable(text) && !/\p{Cc}/u.test(text);
}

/** An address that can be tried: http or https, no user, no password. */
export function isSourceUrl(text: string): boolean {
  if (text.length > MAX_SOURCE_URL || !isStorable(text) || !URL.canParse(text)) return false;
  const url = new URL(text);
  return /^https?:$/.test(url.protocol) && url.username === '' && url.password === '';
}

/** The file name in an address: its last part, or "file" where that is none. */
export function filenameOf(url: string): string {
  const last = new URL(url).pathname.split('/').at(-1) ?? '';
  const name = decode(last).slice(0, MAX_FILENAME);
  return isFilename(name) ? name : 'file';
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
