import { z } from 'zod';
import type { CellValue } from '../../contracts/airtable';
import { isFilename } from '../engine/attachments/attachment-rules';
import { isStorable } from '../engine/storable-text';
import { chooseMediaType } from '../files/media-types';

/** The largest whole number that PostgreSQL's integer holds. */
const MAX_INTEGER = 2 ** 31 - 1;
const Dimension = z.number().int().positive().max(MAX_INTEGER).optional().catch(undefined);

/** An attachment as a source gives it. Source: Airtable Web API, field model, attachments. */
export const SourceAttachment = z
  .object({
    id: z.string().regex(/^att[0-9A-Za-z]{14}$/),
    // What cannot be kept is no address either: fetching says so.
    url: z.string().transform((url) => (isStorable(url) ? url : '')),
    filename: z.string().transform((name) => (isFilename(name) ? name : 'file')),
    size: z.number().int().nonnegative().optional().catch(undefined),
    type: z.string().optional().catch(undefined),
    width: Dimension,
    height: Dimension,
  })
  // It becomes a header when the file is downloaded.
  .transform((attachment) => ({
    ...attachment,
    type: chooseMediaType(attachment.type, attachment.filename),
  }));
export type SourceAttachment = z.infer<typeof SourceAttachment>;

/** The attachments of a cell, each once; what is none is left out. */
export function readAttachmentCell(value: CellValue | undefined): SourceAttachment[] {
  const found = new Map<string, SourceAttachment>();
  for (const item of Array.isArray(value) ? value : []) {
    const parsed = SourceAttachment.safeParse(item).data;
    if (parsed) found.set(parsed.id, parsed);
  }
  return [...found.values()];
}
