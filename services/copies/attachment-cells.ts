import { z } from 'zod';
import type { CellValue } from '../../contracts/airtable';
import { isFilename } from '../engine/attachments/attachment-rules';

const Dimension = z.number().int().positive().optional().catch(undefined);

/** An attachment as a source gives it. Source: Airtable Web API, field model, attachments. */
export const SourceAttachment = z.object({
  id: z.string().regex(/^att[0-9A-Za-z]{14}$/),
  url: z.string(),
  filename: z.string().transform((name) => (isFilename(name) ? name : 'file')),
  size: z.number().int().nonnegative().optional(),
  type: z.string().max(255).optional(),
  width: Dimension,
  height: Dimension,
});
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
