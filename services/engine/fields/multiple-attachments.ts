import { z } from 'zod';
import type { CellValue } from '../../../contracts/airtable';
import { distinct } from '../../cells/canonical';
import { invalidAttachment, isFilename, isSourceUrl, MAX_ATTACHMENTS } from '../attachments/attachment-rules';
import { invalidOptions, invalidValue } from '../engine-error';
import { isEngineId } from '../engine-ids';
import type { EngineField } from '../schema';
import type { AttachmentCell, EngineFieldType, ReadContext, WriteContext } from './field-type';

const Options = z.object({ isReversed: z.boolean().default(false) });

/** Clients write back what they read: keys besides these are passed over. */
const Written = z.object({
  id: z.string().optional(),
  url: z.string().optional(),
  filename: z.string().refine(isFilename).nullish(),
});

/** The attachment ids in a stored cell. */
function idsOf(stored: CellValue | undefined): string[] {
  return Array.isArray(stored) ? stored.filter((id) => typeof id === 'string') : [];
}

function attachmentsOf(stored: CellValue, context: ReadContext): AttachmentCell[] {
  return idsOf(stored).flatMap((id) => context.attachment(id) ?? []);
}

function parseItem(item: CellValue, field: EngineField, context: WriteContext): string {
  if (typeof item === 'string') {
    throw invalidAttachment(field.name, 'parameters must be objects, not strings');
  }
  const { id, url, filename } = Written.safeParse(item).data ?? {};
  if (id !== undefined && isEngineId('att', id)) {
    context.keepAttachment(field, id, filename ?? undefined);
    return id;
  }
  if (id === undefined && url !== undefined && isSourceUrl(url)) {
    return context.attachUrl(field, url, filename ?? undefined);
  }
  throw invalidAttachment(field.name, JSON.stringify(item).slice(0, 200));
}

/** The addresses in text: between commas, each with its scheme, since an address can hold a comma. */
function castUrls(value: CellValue): string[] | undefined {
  const texts = typeof value === 'string' ? value.split(/,\s*(?=https?:)/i) : value;
  if (!Array.isArray(texts) || !texts.every((text) => typeof text === 'string')) return undefined;
  return texts.map((text) => text.trim().replace(/,$/, '')).filter(isSourceUrl);
}

/** A list of attachment ids in order. The attachments themselves are in rows of their own (`attachments/`). */
export const multipleAttachments: EngineFieldType = {
  type: 'multipleAttachments',
  primary: false,
  mergeable: false,
  computed: false,
  options(given, field) {
    const parsed = Options.safeParse(given ?? {});
    if (!parsed.success) throw invalidOptions(field.name, 'isReversed is true or false');
    return parsed.data;
  },
  parse(value, field, context) {
    const urls = context.typecast ? castUrls(value) : undefined;
    const items = urls?.map((url) => ({ url })) ?? value;
    if (!Array.isArray(items))
      throw invalidAttachment(field.name, (JSON.stringify(items) ?? '').slice(0, 200));
    if (items.length > MAX_ATTACHMENTS)
      throw invalidValue(field.name, `a cell has at most ${MAX_ATTACHMENTS} attachments`);
    return distinct(items.map((item) => parseItem(item, field, context)));
  },
  reach: (record, field) => ({ attachments: idsOf(record.cells[field.id]) }),
  read: (stored, _field, context) => attachmentsOf(stored, context).map((attachment) => ({ ...attachment })),
  // Without its query an address opens nothing, so a formula's value neither leaks a file nor changes by the minute.
  // At Airtable too the addresses in formulas are dead.
  formula: (stored, _field, context) =>
    attachmentsOf(stored, context).map(({ filename, url }) => `${filename} (${url.replace(/\?.*$/, '')})`),
  text: (stored, _field, context) =>
    attachmentsOf(stored, context)
      .map(({ filename, url }) => `${filename} (${url})`)
      .join(', '),
  sort: (field, row) => ({
    kind: 'text',
    // The first attachment's name.
    sql: `coalesce((SELECT lower(a.filename) FROM engine_attachments a
      WHERE (a.workspace_id, a.base_id, a.id) = (${row}.workspace_id, ${row}.base_id, ${row}.cells->'${field.id}'->>0)), '')`,
  }),
};
